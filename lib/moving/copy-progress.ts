import {TRANSFER_KINDS, type TransferKind} from '../storage/store-transfer.ts';

/** How far the copying is: all kinds before `kind` are copied, and of it what is before `cursor`. */
export interface CopyProgress {
  readonly kind: TransferKind;
  /** Of the source; undefined: nothing of it. */
  readonly cursor?: string | undefined;
  /** How many records of `kind` that are. */
  readonly done: number;
}

export const formatProgress = (progress: CopyProgress): string => JSON.stringify(progress);

/** What cannot be read begins at the beginning: nothing is stored twice. */
export function parseProgress(text: string | undefined): CopyProgress {
  const [first] = TRANSFER_KINDS as [TransferKind];
  const beginning = {kind: first, done: 0};
  const value = text === undefined ? undefined : parseJson(text);
  if (typeof value !== 'object' || value === null) return beginning;
  const {kind, cursor, done} = value as Readonly<Record<string, unknown>>;
  const known = TRANSFER_KINDS.find((each) => each === kind);
  if (known === undefined || typeof done !== 'number' || !Number.isSafeInteger(done)) return beginning;
  if (cursor !== undefined && typeof cursor !== 'string') return beginning;
  return {kind: known, done, ...(cursor !== undefined && {cursor})};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
