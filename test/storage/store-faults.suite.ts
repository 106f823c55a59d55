import {expect} from 'chai';
import type {Cut, TcpProxy} from '../support/tcp-proxy.ts';
import {withFaultyStores, type FaultyStoresOptions, type OpenFaultyStores} from './faulty-stores.ts';
import {WriteAttempt, recovered} from './writes/write-attempt.ts';
import {DECISIVE_WRITES, STORE_WRITES} from './writes/store-writes.ts';
import type {WriteCase} from './writes/write-case.ts';

interface Fault {
  readonly title: string;
  readonly from: 'client' | 'server';
  readonly cut: Exclude<Cut, undefined>;
}

/** The one after which a client knows the least. */
const SENT: Fault = {title: 'when a message is sent', from: 'client', cut: 'after'};
const FAULTS: readonly Fault[] = [
  SENT,
  {title: 'before a message is sent', from: 'client', cut: 'before'},
  {title: 'in the middle of a message', from: 'client', cut: 'during'},
];
/** Hardly anything else for a client. */
const MORE_FAULTS: readonly Fault[] = [
  {title: 'before an answer', from: 'server', cut: 'before'},
  {title: 'in the middle of an answer', from: 'server', cut: 'during'},
  {title: 'after an answer', from: 'server', cut: 'after'},
];
const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
/** More than any write takes. */
const MOST_MESSAGES = 60;

/** What the stores on other servers promise of connections that break, whenever they do. */
export function describeStoreFaults(options: FaultyStoresOptions): void {
  describe('a connection that breaks', function () {
    this.timeout(120_000);
    for (const [name, write] of Object.entries(STORE_WRITES)) {
      it(`${name} is made, or not, or says that it does not know, wherever the connection breaks`, async () => {
        await withFaultyStores(options, write, async (openStores) => {
          for (const fault of faultsFor(name)) await expectAllFaults(openStores, write, fault);
        });
      });
    }
  });
}

function faultsFor(name: string): readonly Fault[] {
  if (LONG) return [...FAULTS, ...MORE_FAULTS];
  return DECISIVE_WRITES.has(name) ? FAULTS : [SENT];
}

/** Breaks the connection at the first message, at the second, and so on, until the write gets through. */
async function expectAllFaults(openStores: OpenFaultyStores, write: WriteCase, fault: Fault): Promise<void> {
  for (let message = 1; message <= MOST_MESSAGES; message++) {
    const {faulty, whole, proxy} = await openStores();
    const prepared = await write.prepare(whole);
    // So that there is a connection that can break.
    await recovered(faulty);
    const breaking = breakAt(proxy, fault, message);
    try {
      const attempt = await WriteAttempt.make(prepared, {faulty, whole});
      const isBroken = breaking.hasBroken();
      breaking.stop();
      await proxy.settled();
      await attempt.expectTold();
      await recovered(faulty);
      await attempt.expectRepeatable();
      await prepared.tidy?.(whole);
      if (!isBroken) {
        expect(attempt.outcome, 'without a fault').to.equal('made');
        // The write was one message at least.
        expect(message).to.be.greaterThan(1);
        return;
      }
    } catch (error) {
      throw new Error(`With the connection broken ${fault.title}, number ${message}: ${String(error)}`, {
        cause: error,
      });
    }
  }
  throw new Error(`It took more than ${MOST_MESSAGES} messages.`);
}

function breakAt(proxy: TcpProxy, {from, cut}: Fault, message: number) {
  let seen = 0;
  const hook = (): Cut => (++seen === message ? cut : undefined);
  if (from === 'client') proxy.onClientData(hook);
  else proxy.onServerData(hook);
  return {
    hasBroken: () => seen >= message,
    stop: () => {
      proxy.onClientData(undefined);
      proxy.onServerData(undefined);
    },
  };
}
