import {currentVersion, keyState, TRANSITIONS} from '../keys/key-state.ts';
import type {KeyRecord} from '../storage/key-record.ts';

/** What the server itself has to do with a key. */
export type DueWork = 'destroy' | 'rotate';

/** @returns what has to be done with the key at that moment, if anything; `now` is milliseconds since the epoch */
export function dueWork(record: KeyRecord, now: number): DueWork | undefined {
  const {dueAt, deletion, policy} = record;
  if (dueAt === undefined || now < dueAt) return undefined;
  const possible = TRANSITIONS[keyState(record, now)];
  if (possible.destroy) return deletion && now >= deletion.destroyAt ? 'destroy' : undefined;
  const afterSeconds = policy?.rotation?.afterSeconds;
  if (!possible.rotate || afterSeconds === undefined) return undefined;
  return now >= currentVersion(record).createdAt + afterSeconds * 1000 ? 'rotate' : undefined;
}

/** How often one of a key's versions was used. */
export interface VersionUses {
  readonly version: number;
  readonly uses: number;
}

/** Whether the key has to be rotated since that version of it was used that often. */
export function isUsedUp(record: KeyRecord, {version, uses}: VersionUses, now: number): boolean {
  const afterUses = record.policy?.rotation?.afterUses;
  if (afterUses === undefined || uses < afterUses || currentVersion(record).version !== version) return false;
  return TRANSITIONS[keyState(record, now)].rotate !== undefined;
}
