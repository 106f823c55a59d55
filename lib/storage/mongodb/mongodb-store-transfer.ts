import {InvalidStateError} from '../../errors.ts';
import type {Page} from '../keystore-config-store.ts';
import {STORE_MARK_STATES, type StoreMark, type StoreMarkIdentity} from '../store-mark.ts';
import type {HeldLease, StoreTransfer, TransferKind, TransferRecords} from '../store-transfer.ts';
import type {StoredDocument} from './collections.ts';
import {DuplicateKeyError} from './driver-error.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {integer, oneOf, optional, text} from './stored-values.ts';
import {TransferReader} from './transfer-reader.ts';
import {TransferWriter} from './transfer-writer.ts';

/** There is one mark at most. */
const MARK = 'mark';
/** More than there can be nodes. */
const MOST_LEASES = 10_000;

const toMark = (document: StoredDocument): StoreMark => ({
  state: oneOf(STORE_MARK_STATES, document['state']),
  moveId: text(document['moveId']),
  other: text(document['other']),
  since: integer(document['since']),
  ...optional('progress', document['progress'], text),
});

/**
 * A put is several writes, and the mark is read before them: that no other move is at work on the store, which might end meanwhile,
 * is for the leases that moves hold.
 */
export class MongodbStoreTransfer implements StoreTransfer {
  readonly #connection: MongodbConnection;
  readonly #reader: TransferReader;
  readonly #writer: TransferWriter;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
    this.#reader = new TransferReader(connection);
    this.#writer = new TransferWriter(connection);
  }

  list<Kind extends TransferKind>(
    kind: Kind,
    options: {readonly limit: number; readonly cursor?: string | undefined},
  ): Promise<Page<TransferRecords[Kind]>> {
    return this.#connection.within(() => this.#reader.list(kind, options));
  }

  put<Kind extends TransferKind>(
    kind: Kind,
    records: readonly TransferRecords[Kind][],
    moveId: string,
  ): Promise<void> {
    return this.#connection.within(async () => {
      const mark = await this.#findMark();
      if (mark?.state !== 'filling' || mark.moveId !== moveId) {
        throw new InvalidStateError('The store is not being filled by this move.');
      }
      await this.#writer.put(kind, records);
    });
  }

  /** What there are many of is counted by several commands, each of which has the time of one. */
  count(kind: TransferKind): Promise<number> {
    return this.#reader.count(kind);
  }

  readMark(): Promise<StoreMark | undefined> {
    return this.#connection.within(() => this.#findMark());
  }

  replaceMark(mark: StoreMark | undefined, replaced: StoreMarkIdentity | undefined): Promise<boolean> {
    return this.#connection.within(async () => {
      if (!replaced) return mark ? this.#insertMark(mark) : (await this.#findMark()) === undefined;
      const stored = {_id: MARK, state: replaced.state, moveId: replaced.moveId};
      if (!mark) return this.#connection.remove('store_mark', stored);
      const {progress, ...members} = mark;
      return this.#connection.update('store_mark', stored, {
        $set: {...members, ...(progress !== undefined && {progress})},
        ...(progress === undefined && {$unset: {progress: ''}}),
      });
    });
  }

  listLeases(now: number): Promise<readonly HeldLease[]> {
    return this.#connection.within(async () => {
      const found = await this.#connection.find('lease', {expiresAt: {$gt: now}}, {limit: MOST_LEASES});
      return found.map(({_id, holder, expiresAt}) => ({
        name: text(_id),
        holder: text(holder),
        expiresAt: integer(expiresAt),
      }));
    });
  }

  async #findMark(): Promise<StoreMark | undefined> {
    const found = await this.#connection.findOne('store_mark', {_id: MARK}, {reading: 'decisive'});
    return found && toMark(found);
  }

  async #insertMark(mark: StoreMark): Promise<boolean> {
    try {
      await this.#connection.insert('store_mark', {_id: MARK, ...mark});
      return true;
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      // The driver may have sent it twice, and got the answer to the second alone.
      const found = await this.#findMark();
      return found?.moveId === mark.moveId && found.state === mark.state && found.since === mark.since;
    }
  }
}
