import type {KeyRecord} from '../key-record.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {StoredDocument} from './collections.ts';
import {toKeyRecord} from './key-document.ts';
import {weightOfVersion} from './key-rules.ts';

export interface ReadKey {
  readonly document: StoredDocument;
  readonly record: Authenticated<KeyRecord>;
}

export interface ReadKeys {
  readonly all: readonly ReadKey[];
  /** How many of them belong to the page: the last may be there only to say that more follow. */
  readonly whole: number;
}

/**
 * Takes keys, and no more once they weigh more than `maxWeight`, in bytes, roughly: however large keys are, a page of them fits
 * into memory. One key is always taken.
 */
export async function readKeys(
  maxWeight: number,
  each: (take: (document: StoredDocument) => boolean) => Promise<void>,
): Promise<ReadKeys> {
  const all: ReadKey[] = [];
  let weight = 0;
  let whole: number | undefined;
  await each((document) => {
    const isFull = weight > maxWeight;
    if (isFull) whole = all.length;
    const record = toKeyRecord(document);
    all.push({document, record});
    weight += record.versions.reduce((sum, version) => sum + weightOfVersion(version), 0);
    return !isFull;
  });
  return {all, whole: whole ?? all.length};
}
