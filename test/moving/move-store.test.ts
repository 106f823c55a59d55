import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {moveStore, type MoveOptions} from '../../lib/moving/move-store.ts';
import {toMovedStore} from '../../lib/moving/moved-store.ts';
import type {StoreTransfer, TransferKind} from '../../lib/storage/store-transfer.ts';
import {insertKey} from '../storage/records.ts';
import {openHandles} from '../storage/sqlite/temporary-store.ts';
import type {StoreHandles} from '../storage/store-suite.ts';
import {contentOf, fillStore} from '../storage/transfer-records.ts';

const MANY = 450;

/** What a target was told, and what it does before it listens. */
class WatchedTransfer implements StoreTransfer {
  readonly puts: {readonly kind: TransferKind; readonly records: number}[] = [];
  readonly #transfer: StoreTransfer;
  readonly #before: (puts: number) => void;

  constructor(transfer: StoreTransfer, before: (puts: number) => void = () => undefined) {
    this.#transfer = transfer;
    this.#before = before;
  }

  put: StoreTransfer['put'] = async (kind, records, moveId) => {
    this.#before(this.puts.length);
    this.puts.push({kind, records: records.length});
    await this.#transfer.put(kind, records, moveId);
  };
  list: StoreTransfer['list'] = (...args) => this.#transfer.list(...args);
  count: StoreTransfer['count'] = (...args) => this.#transfer.count(...args);
  readMark: StoreTransfer['readMark'] = () => this.#transfer.readMark();
  replaceMark: StoreTransfer['replaceMark'] = (...args) => this.#transfer.replaceMark(...args);
  listLeases: StoreTransfer['listLeases'] = (...args) => this.#transfer.listLeases(...args);
}

describe('moveStore', function () {
  this.timeout(60_000);
  let source: StoreHandles;
  let target: StoreHandles;

  before(async () => {
    source = await openHandles();
    const {keystoreIds} = await fillStore(source.stores);
    for (let count = 0; count < MANY; count++) await insertKey(source.stores, keystoreIds[count % 3]!);
  });
  after(() => source.close());

  beforeEach(async () => {
    target = await openHandles();
  });
  afterEach(async () => {
    await target.close();
    const {transfer} = source.stores;
    await transfer!.replaceMark(undefined, await transfer!.readMark());
  });

  const optionsFor = (transfer: StoreTransfer, members: Partial<MoveOptions> = {}): MoveOptions => ({
    source: toMovedStore(source.stores, 'sqlite:/a'),
    target: {...toMovedStore(target.stores, 'sqlite:/b'), transfer},
    own: new Set(),
    report: () => undefined,
    signal: new AbortController().signal,
    ...members,
  });
  const marksOf = async () => {
    const marks = [await source.other.transfer!.readMark(), await target.other.transfer!.readMark()];
    expect(marks[0]?.moveId).to.equal(marks[1]?.moveId);
    return marks.map((mark) => mark?.state);
  };

  it('goes on where it was stopped, and puts nothing twice but what was on its way', async () => {
    const first = new WatchedTransfer(target.stores.transfer!, (puts) => {
      if (puts === 6) throw new UnavailableError('The store is gone.');
    });
    const failed = await moveStore(optionsFor(first)).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(UnavailableError);
    expect(await marksOf()).to.deep.equal(['moving', 'filling']);

    const second = new WatchedTransfer(target.other.transfer!);
    const {outcome, records} = await moveStore(optionsFor(second));
    expect(outcome).to.equal('resumed');
    const keysIn = ({puts}: WatchedTransfer) =>
      puts.filter(({kind}) => kind === 'key').reduce((sum, put) => sum + put.records, 0);
    expect(keysIn(first)).to.equal(200);
    expect(keysIn(first) + keysIn(second)).to.equal(records?.key);
    expect(second.puts.some(({kind}) => kind === 'scope')).to.equal(false);
    expect(await contentOf(target.other)).to.deep.equal(await contentOf(source.other));
    expect(await marksOf()).to.deep.equal(['moved', 'whole']);
  });

  it('stops between two pages where it is interrupted, at any of them', async () => {
    const interrupted = new AbortController();
    const transfer = new WatchedTransfer(target.stores.transfer!, (puts) => {
      if (puts === 5) interrupted.abort(new RangeError('Interrupted.'));
    });
    const stopped = moveStore(optionsFor(transfer, {signal: interrupted.signal}));
    expect(await stopped.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(transfer.puts).to.have.lengthOf(6);
    expect(await marksOf()).to.deep.equal(['moving', 'filling']);
  });

  it('ends a move that was killed after the source was marked as moved', async () => {
    const options = optionsFor(target.stores.transfer!);
    await moveStore(options);
    const {transfer} = target.stores;
    const mark = (await transfer!.readMark())!;
    await transfer!.replaceMark({...mark, state: 'filling'}, mark);
    expect((await moveStore(options)).outcome).to.equal('resumed');
    expect(await marksOf()).to.deep.equal(['moved', 'whole']);
    expect((await moveStore(options)).outcome).to.equal('done before');
  });

  it('is not begun where somebody begins to use a store just then', async () => {
    const {transfer, leases} = source.other;
    const now = Date.now();
    const watched = new WatchedTransfer(target.stores.transfer!);
    const original = watched.replaceMark;
    watched.replaceMark = async (...args) => {
      await leases.acquire('node:late', {holder: 'late', now, expiresAt: now + 60_000});
      return original(...args);
    };
    const refused = await moveStore(optionsFor(watched)).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Error).with.property('message').that.includes('node late');
    expect([await transfer!.readMark(), await target.other.transfer!.readMark()]).to.deep.equal([
      undefined,
      undefined,
    ]);
    await leases.release('node:late', 'late');
    watched.replaceMark = original;
    expect((await moveStore(optionsFor(watched))).outcome).to.equal('begun');
  });
});
