import {expect} from 'chai';
import {OutcomeUnknownError, UnavailableError} from '../../lib/errors.ts';
import type {Cut} from '../support/tcp-proxy.ts';
import {withFaultyStores, type FaultyStores, type FaultyStoresOptions} from './faulty-stores.ts';
import {plain} from './store-suite.ts';
import {DECISIVE_READS, STORE_READS, storeThings} from './writes/store-reads.ts';
import {DECISIVE_WRITES, STORE_WRITES} from './writes/store-writes.ts';
import type {WriteCase} from './writes/write-case.ts';
import {recovered, WriteAttempt} from './writes/write-attempt.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
/** So that what waits in vain does not wait for long, and what is slow is not taken for it. */
const TIMEOUT_MS = 1000;
/** What a backend that knows it of itself says without its server. */
const UNASKED = 'keyHierarchy.listDataKeyVersionReferencers';
const MOST_MESSAGES = 30;

/** What the stores on other servers promise while these cannot be reached, or are silent, and of reads. */
export function describeStoreOutages(options: FaultyStoresOptions): void {
  describe('a server that is gone', function () {
    this.timeout(120_000);

    it('every read gives what is there, or says that it cannot, wherever the connection breaks', async () => {
      await withFaultyStores(options, {}, async (openStores) => {
        const stores = await openStores();
        const things = await storeThings(stores.whole);
        for (const [name, read] of Object.entries(STORE_READS)) {
          if (!LONG && !DECISIVE_READS.has(name)) continue;
          const expected = plain(await read(stores.whole, things));
          const attempt = async () => plain(await read(stores.faulty, things));
          for (const from of ['client', 'server'] as const) {
            for (
              let message = 1;
              await isBroken(stores, {from, message, attempt, expected, name});
              message++
            ) {
              expect(message).to.be.lessThan(MOST_MESSAGES);
            }
          }
        }
      });
    });

    it('nothing is made, and its caller told so, while there is no server', async () => {
      await ofEachWrite(options, async (name, write, {faulty, whole, proxy}) => {
        const prepared = await write.prepare(whole);
        proxy.refuse(true);
        proxy.cut();
        await lost(faulty);
        const attempt = await WriteAttempt.make(prepared, {faulty, whole});
        expect(attempt.outcome, name).to.equal('not made');
        await attempt.expectTold();
        proxy.refuse(false);
        await recovered(faulty);
        await attempt.expectRepeatable();
        await prepared.tidy?.(whole);
      });
    });

    it('nothing is read while there is no server', async () => {
      await withFaultyStores(options, {timeoutMs: TIMEOUT_MS}, async (openStores) => {
        const {faulty, whole, proxy} = await openStores();
        const things = await storeThings(whole);
        const expected = plain(await faulty.state.read({...things, revocations: [things]}));
        proxy.refuse(true);
        proxy.cut();
        await lost(faulty);
        for (const [name, read] of Object.entries(STORE_READS)) {
          if (name === UNASKED) continue;
          const outcome = await read(faulty, things).catch((error: unknown) => error);
          expect(outcome, name).to.be.instanceOf(UnavailableError);
          expect(outcome, name).not.to.be.instanceOf(OutcomeUnknownError);
        }
        proxy.refuse(false);
        await recovered(faulty);
        expect(plain(await faulty.state.read({...things, revocations: [things]}))).to.deep.equal(expected);
      });
    });

    it('every write ends in time, and says what it knows, while the server is silent', async () => {
      await ofEachWrite(options, async (name, write, {faulty, whole, proxy}) => {
        const prepared = await write.prepare(whole);
        await recovered(faulty);
        proxy.hold(true);
        const attempt = await WriteAttempt.make(prepared, {faulty, whole});
        expect(attempt.outcome, name).not.to.equal('made');
        // What was on its way arrives late, from a client that is gone.
        proxy.hold(false);
        await proxy.settled();
        await attempt.expectTold();
        await recovered(faulty);
        await attempt.expectRepeatable();
        await prepared.tidy?.(whole);
      });
    });
  });
}

/** Of each interface on a store of its own, as are those that need a new one. */
async function ofEachWrite(
  options: FaultyStoresOptions,
  body: (name: string, write: WriteCase, stores: FaultyStores) => Promise<void>,
): Promise<void> {
  const writes = Object.entries(STORE_WRITES).filter(([name]) => LONG || DECISIVE_WRITES.has(name));
  const groups = Map.groupBy(writes, ([name, {needsNewStore}]) =>
    needsNewStore ? name : name.split('.')[0],
  );
  for (const group of groups.values()) {
    await withFaultyStores(options, {timeoutMs: TIMEOUT_MS}, async (openStores) => {
      for (const [name, write] of group) await body(name, write, await openStores());
    });
  }
}

interface BrokenRead {
  readonly from: 'client' | 'server';
  readonly message: number;
  readonly attempt: () => Promise<unknown>;
  readonly expected: unknown;
  readonly name: string;
}

/** @returns whether the read had as many messages */
async function isBroken(
  {faulty, proxy}: FaultyStores,
  {from, message, attempt, expected, name}: BrokenRead,
): Promise<boolean> {
  await recovered(faulty);
  let seen = 0;
  const hook = (): Cut => (++seen === message ? 'during' : undefined);
  if (from === 'client') proxy.onClientData(hook);
  else proxy.onServerData(hook);
  const outcome = await attempt().catch((error: unknown) => error);
  proxy.onClientData(undefined);
  proxy.onServerData(undefined);
  const failed = outcome instanceof UnavailableError && !(outcome instanceof OutcomeUnknownError);
  if (!failed) expect(outcome, name).to.deep.equal(expected);
  if (seen < message) expect(failed, `${name} without a fault`).to.equal(false);
  return seen >= message;
}

/** Resolves when the handle knows that its connections are gone. */
async function lost(stores: FaultyStores['faulty']): Promise<void> {
  for (let failures = 0; failures < 2;) {
    const outcome = await stores.ping().catch((error: unknown) => error);
    if (outcome instanceof UnavailableError) failures++;
  }
}
