import {errorCode} from '../error-code.ts';
import type {StoreTransfer, TransferKind, TransferRecords} from '../storage/store-transfer.ts';
import {MoveError} from './move-error.ts';
import {nameRecord} from './record-name.ts';
import type {MovedStore} from './moved-store.ts';

/** Records in one page: as many as are put in one write. */
const PAGE_SIZE = 100;

export interface RecordPage<Kind extends TransferKind> {
  readonly records: readonly TransferRecords[Kind][];
  /** Where the next page begins; undefined where this is the last. */
  readonly cursor: string | undefined;
}

/**
 * Everything of a kind, page by page, from a place on.
 * @throws MoveError where a record cannot be read: it names the one before it
 */
export async function* eachPage<Kind extends TransferKind>(
  {transfer, shown}: Pick<MovedStore, 'transfer' | 'shown'>,
  kind: Kind,
  from?: string,
): AsyncGenerator<RecordPage<Kind>> {
  let cursor = from;
  let last: TransferRecords[Kind] | undefined;
  do {
    const page = await readPage(transfer, kind, {cursor, last, shown});
    last = page.records.at(-1) ?? last;
    ({cursor} = page);
    yield page;
  } while (cursor !== undefined);
}

async function readPage<Kind extends TransferKind>(
  transfer: StoreTransfer,
  kind: Kind,
  {
    cursor,
    last,
    shown,
  }: {
    readonly cursor: string | undefined;
    readonly last: TransferRecords[Kind] | undefined;
    readonly shown: string;
  },
): Promise<RecordPage<Kind>> {
  try {
    const {results, cursor: next} = await transfer.list(kind, {limit: PAGE_SIZE, cursor});
    return {records: results, cursor: next};
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const after = last === undefined ? 'the first' : `those after ${nameRecord(kind, last)}`;
    throw new MoveError(
      'failed',
      `The store ${shown} is damaged: one of ${PAGE_SIZE} records of the kind ${kind}, ${after}, cannot be read. ` +
        'webkms admin check names it.',
      {cause: error},
    );
  }
}

const isUnreadable = (error: unknown): boolean => errorCode(error) === 'ERR_INTERNAL';
