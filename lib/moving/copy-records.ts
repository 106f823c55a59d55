import {InvalidStateError, UnavailableError} from '../errors.ts';
import type {StoreMark} from '../storage/store-mark.ts';
import {isStoreError} from '../storage/store-error.ts';
import {
  TRANSFER_KINDS,
  type StoreTransfer,
  type TransferKind,
  type TransferRecords,
} from '../storage/store-transfer.ts';
import {formatProgress, parseProgress, type CopyProgress} from './copy-progress.ts';
import {eachPage} from './each-record.ts';
import {MoveError} from './move-error.ts';
import type {MovedStore} from './moved-store.ts';
import {KIND_NAMES, nameRecord} from './record-name.ts';

export interface MoveProgress {
  /** E.g. `copying keys`. */
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export interface MoveWork {
  readonly source: MovedStore;
  readonly target: MovedStore;
  readonly report: (progress: MoveProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * Copies all records, from where the mark of the target says that it was.
 * @throws MoveError where a record cannot be read or is refused; UnavailableError; and the reason of the signal
 */
export async function copyRecords(work: MoveWork, mark: StoreMark): Promise<void> {
  const from = parseProgress(mark.progress);
  for (const kind of TRANSFER_KINDS.slice(TRANSFER_KINDS.indexOf(from.kind))) {
    await copyKind(work, mark, kind === from.kind ? from : {kind, done: 0});
  }
}

async function copyKind(
  {source, target, report, signal}: MoveWork,
  mark: StoreMark,
  from: CopyProgress,
): Promise<void> {
  const {kind} = from;
  const step = `copying ${KIND_NAMES[kind]}`;
  const total = await source.transfer.count(kind);
  let {done} = from;
  if (total > 0) report({step, done, total});
  for await (const {records, cursor} of eachPage(source, kind, from.cursor)) {
    signal.throwIfAborted();
    await putPage(target, kind, records, mark.moveId);
    done += records.length;
    if (cursor === undefined) break;
    await saveProgress(target.transfer, mark, {kind, cursor, done});
    report({step, done, total});
  }
  if (total > 0) report({step, done, total});
}

async function saveProgress(transfer: StoreTransfer, mark: StoreMark, progress: CopyProgress): Promise<void> {
  if (await transfer.replaceMark({...mark, progress: formatProgress(progress)}, mark)) return;
  throw new MoveError(
    'failed',
    'The target is not being filled by this move any more. Another one has ended it.',
  );
}

/** @throws MoveError that names the record which the target refuses */
async function putPage<Kind extends TransferKind>(
  {transfer, shown}: MovedStore,
  kind: Kind,
  records: readonly TransferRecords[Kind][],
  moveId: string,
): Promise<void> {
  if (records.length === 0) return;
  try {
    await transfer.put(kind, records, moveId);
  } catch (error) {
    if (!isStoreError(error) || error instanceof UnavailableError || error instanceof InvalidStateError)
      throw error;
    if (records.length > 1) {
      for (const record of records) await putPage({transfer, shown} as MovedStore, kind, [record], moveId);
      return;
    }
    const [record] = records as [TransferRecords[Kind]];
    throw new MoveError(
      'failed',
      `The store ${shown} refuses ${nameRecord(kind, record)}: ${error.message} The source is damaged there: webkms admin check ` +
        'says more. The source can be used again after webkms admin migrate --cancel.',
      {cause: error},
    );
  }
}
