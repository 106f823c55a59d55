import {InvalidStateError} from '../../errors.ts';
import type {Page} from '../keystore-config-store.ts';
import type {StoreMark, StoreMarkIdentity} from '../store-mark.ts';
import type {HeldLease, StoreTransfer, TransferKind, TransferRecords} from '../store-transfer.ts';
import type {SqliteConnection} from './connection.ts';
import {StoreMarkRow} from './store-mark-row.ts';
import {TransferReader} from './transfer-reader.ts';
import {transferStatements} from './transfer-statements.ts';
import {TransferWriter} from './transfer-writer.ts';

export class SqliteStoreTransfer implements StoreTransfer {
  readonly #connection: SqliteConnection;
  readonly #mark: StoreMarkRow;
  readonly #reader: TransferReader;
  readonly #writer: TransferWriter;
  readonly #sql: ReturnType<typeof transferStatements>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#mark = new StoreMarkRow(connection);
    this.#reader = new TransferReader(connection);
    this.#writer = new TransferWriter(connection);
    this.#sql = transferStatements(connection);
  }

  list<Kind extends TransferKind>(
    kind: Kind,
    options: {readonly limit: number; readonly cursor?: string | undefined},
  ): Promise<Page<TransferRecords[Kind]>> {
    return this.#connection.snapshot(() => this.#reader.list(kind, options));
  }

  put<Kind extends TransferKind>(
    kind: Kind,
    records: readonly TransferRecords[Kind][],
    moveId: string,
  ): Promise<void> {
    return this.#connection.write(() => {
      const mark = this.#mark.read();
      if (mark?.state !== 'filling' || mark.moveId !== moveId) {
        throw new InvalidStateError('The store is not being filled by this move.');
      }
      for (const record of records) this.#writer.put(kind, record);
    });
  }

  count(kind: TransferKind): Promise<number> {
    return this.#connection.run(() => this.#reader.count(kind));
  }

  readMark(): Promise<StoreMark | undefined> {
    return this.#connection.run(() => this.#mark.read());
  }

  replaceMark(mark: StoreMark | undefined, replaced: StoreMarkIdentity | undefined): Promise<boolean> {
    return this.#connection.write(() => this.#mark.replace(mark, replaced));
  }

  listLeases(now: number): Promise<readonly HeldLease[]> {
    return this.#connection.run(() => this.#sql.leases.all(now));
  }
}
