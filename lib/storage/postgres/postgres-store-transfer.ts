import {InvalidStateError} from '../../errors.ts';
import type {Page} from '../keystore-config-store.ts';
import {STORE_MARK_STATES, type StoreMark, type StoreMarkIdentity} from '../store-mark.ts';
import type {HeldLease, StoreTransfer, TransferKind, TransferRecords} from '../store-transfer.ts';
import {MARK_LOCK} from './advisory-locks.ts';
import type {PostgresConnection} from './postgres-connection.ts';
import {integer, oneOf, type Row, text, textOrNull} from './row.ts';
import {listTransferred} from './transfer-reader.ts';
import * as sql from './transfer-statements.ts';
import {putTransferred} from './transfer-writer.ts';
import {withStoreErrors} from './with-store-errors.ts';

function toMark(row: Row | undefined): StoreMark | undefined {
  if (!row) return undefined;
  const progress = textOrNull(row, 'progress');
  return {
    state: oneOf(row, 'state', STORE_MARK_STATES),
    moveId: text(row, 'moveId'),
    other: text(row, 'other'),
    since: integer(row, 'since'),
    ...(progress !== null && {progress}),
  };
}

export class PostgresStoreTransfer implements StoreTransfer {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  list<Kind extends TransferKind>(
    kind: Kind,
    options: {readonly limit: number; readonly cursor?: string | undefined},
  ): Promise<Page<TransferRecords[Kind]>> {
    return this.#connection.snapshot((tx) => listTransferred(tx, kind, options));
  }

  put<Kind extends TransferKind>(
    kind: Kind,
    records: readonly TransferRecords[Kind][],
    moveId: string,
  ): Promise<void> {
    return this.#connection.write(async (tx) => {
      const mark = toMark((await tx.query(sql.HOLD_MARK))[0]);
      if (mark?.state !== 'filling' || mark.moveId !== moveId) {
        throw new InvalidStateError('The store is not being filled by this move.');
      }
      await putTransferred(tx, kind, records);
    });
  }

  count(kind: TransferKind): Promise<number> {
    return withStoreErrors(async () => {
      const [row = {}] = await this.#connection.query(sql.COUNTS[kind]);
      return integer(row, 'count');
    });
  }

  readMark(): Promise<StoreMark | undefined> {
    return withStoreErrors(async () => toMark((await this.#connection.query(sql.FIND_MARK))[0]));
  }

  replaceMark(mark: StoreMark | undefined, replaced: StoreMarkIdentity | undefined): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      await tx.query(sql.LOCK_MARK, [MARK_LOCK]);
      const stored = toMark((await tx.query(sql.FIND_MARK))[0]);
      if (stored?.state !== replaced?.state || stored?.moveId !== replaced?.moveId) return false;
      await tx.execute(sql.DELETE_MARK);
      if (mark) {
        const {state, moveId, other, since, progress} = mark;
        await tx.execute(sql.INSERT_MARK, [state, moveId, other, since, progress ?? null]);
      }
      return true;
    });
  }

  listLeases(now: number): Promise<readonly HeldLease[]> {
    return withStoreErrors(async () =>
      (await this.#connection.query(sql.LEASES, [now])).map((row) => ({
        name: text(row, 'name'),
        holder: text(row, 'holder'),
        expiresAt: integer(row, 'expiresAt'),
      })),
    );
  }
}
