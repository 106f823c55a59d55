import {InternalError, KeyPolicyError, KeyStateError} from '../errors.ts';
import type {KeyDeletion, KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';
import type {KeyDefaults} from './key-defaults.ts';
import {nextDueAt} from './key-policy.ts';
import {
  assertVersionChange,
  currentVersion,
  keyState,
  MAX_KEY_VERSIONS,
  nextState,
  versionStatus,
} from './key-state.ts';
import {findVersion} from './key-use-rules.ts';
import {without} from './without.ts';

/**
 * What can happen to a key. Every function is pure: it returns the record in place of `record`, with the next `sequence`, and
 * throws `KeyStateError` where the table of key-state.ts has no such change. `now` is milliseconds since the epoch.
 */

/** What a key module made. */
export type GeneratedVersion = Pick<KeyVersionRecord, 'publicKey' | 'dataKeyVersionId'> & {
  readonly material: Uint8Array;
};

/** The record after a change of some members: one higher in `sequence`, and due when it says. */
export function changed(record: KeyRecord, members: Partial<KeyRecord>, now: number): KeyRecord {
  const next = {...without(record, 'dueAt'), ...members, sequence: record.sequence + 1, updatedAt: now};
  const dueAt = nextDueAt(next);
  return {...next, ...(dueAt !== undefined && {dueAt})};
}

/** What refuses a rotation before anything is generated for it. */
function assertRotatable(record: KeyRecord, now: number): void {
  nextState(record, 'rotate', now);
  if (currentVersion(record).version < MAX_KEY_VERSIONS) return;
  throw new KeyStateError(`A key has at most ${MAX_KEY_VERSIONS} versions: make a new key.`, {
    details: {state: keyState(record, now), possible: []},
  });
}

/** Rotates: `generated` becomes the current version; of what is above the policy's `maxVersions`, the oldest may be destroyed. */
export function addVersion(record: KeyRecord, generated: GeneratedVersion, now: number): KeyRecord {
  assertRotatable(record, now);
  const {version} = currentVersion(record);
  const added: KeyVersionRecord = {version: version + 1, createdAt: now, state: 'enabled', ...generated};
  return changed(record, {versions: withoutOldest({...record, versions: [...record.versions, added]})}, now);
}

/** What is protected from deletion, or may still be needed, stays above `maxVersions`, too. */
function withoutOldest(record: KeyRecord): readonly KeyVersionRecord[] {
  const {versions, policy: {maxVersions = Infinity, deletionProtection, destroyUsableVersions} = {}} = record;
  if (deletionProtection) return versions;
  let surplus = countKept(versions) - maxVersions;
  return versions.map((version) => {
    if (version.state === 'destroyed' || surplus <= 0) return version;
    // One that is disabled may be enabled again.
    const retired = versionStatus(record, {...version, state: 'enabled'}) === 'retired';
    if (!retired && !destroyUsableVersions) return version;
    surplus -= 1;
    return destroyed(version);
  });
}

/** Those that were not destroyed. */
export function countKept(versions: readonly KeyVersionRecord[]): number {
  return versions.filter(({state}) => state !== 'destroyed').length;
}

/** What is public stays: signatures that were made go on verifying, for whoever has the public key. */
function destroyed(version: KeyVersionRecord): KeyVersionRecord {
  return {...without(version, 'material', 'dataKeyVersionId'), state: 'destroyed'};
}

export function disableKey(record: KeyRecord, now: number): KeyRecord {
  return changed(record, {state: nextState(record, 'disable', now)}, now);
}

export function enableKey(record: KeyRecord, now: number): KeyRecord {
  return changed(record, {state: nextState(record, 'enable', now)}, now);
}

/** @throws NotFoundError where the key has no such version. */
export function disableVersion(record: KeyRecord, number: number, now: number): KeyRecord {
  const state = nextState(record, 'disableVersion', now);
  const version = findVersion(record, number);
  assertVersionChange(record, version, 'disableVersion');
  return changed(record, {state, versions: replaced(record, {...version, state: 'disabled'})}, now);
}

/** @throws NotFoundError where the key has no such version. */
export function enableVersion(record: KeyRecord, number: number, now: number): KeyRecord {
  const state = nextState(record, 'enableVersion', now);
  const version = findVersion(record, number);
  assertVersionChange(record, version, 'enableVersion');
  return changed(record, {state, versions: replaced(record, {...version, state: 'enabled'})}, now);
}

/**
 * Erases the material of a version, for good.
 * @throws NotFoundError where the key has no such version. @throws KeyPolicyError where the key is protected from deletion,
 *   or fewer versions than the policy's `minVersions` would be left.
 */
export function destroyVersion(record: KeyRecord, number: number, now: number): KeyRecord {
  const state = nextState(record, 'destroyVersion', now);
  const version = findVersion(record, number);
  assertVersionChange(record, version, 'destroyVersion');
  assertUnprotected(record);
  const {minVersions = 1} = record.policy ?? {};
  if (countKept(record.versions) <= minVersions) {
    throw new KeyPolicyError('minVersions', `The key's policy keeps ${minVersions} versions at least.`);
  }
  return changed(record, {state, versions: replaced(record, destroyed(version))}, now);
}

export function replaced(record: KeyRecord, version: KeyVersionRecord): readonly KeyVersionRecord[] {
  return record.versions.map((other) => (other.version === version.version ? version : other));
}

function assertUnprotected({policy}: KeyRecord): void {
  if (!policy?.deletionProtection) return;
  throw new KeyPolicyError(
    'deletionProtection',
    'The key is protected from deletion: first update it with a policy without "deletionProtection".',
  );
}

export interface ScheduleDeletionOptions {
  /** How long the key can be restored. Default: the server's, or the policy's minimum where that is longer. */
  readonly windowSeconds?: number | undefined;
  readonly defaults: Pick<KeyDefaults, 'deletionWindowSeconds' | 'minDeletionWindowSeconds'>;
  readonly now: number;
}

/** @throws KeyPolicyError where the key is protected from deletion, or the window is shorter than policy and server allow. */
export function scheduleDeletion(
  record: KeyRecord,
  {windowSeconds, defaults, now}: ScheduleDeletionOptions,
): KeyRecord {
  const state = nextState(record, 'delete', now);
  assertUnprotected(record);
  const least = Math.max(defaults.minDeletionWindowSeconds, record.policy?.minDeletionWindowSeconds ?? 0);
  const seconds = windowSeconds ?? Math.max(defaults.deletionWindowSeconds, least);
  if (seconds < least) {
    throw new KeyPolicyError(
      'minDeletionWindowSeconds',
      `The recovery window of this key's deletion is ${least} seconds at least (${days(least)}).`,
    );
  }
  const deletion: KeyDeletion = {
    requestedAt: now,
    destroyAt: now + seconds * 1000,
    restoresTo: record.state === 'disabled' ? 'disabled' : 'enabled',
  };
  return changed(record, {state, deletion}, now);
}

/** As people say it. */
function days(seconds: number): string {
  const count = Math.ceil(seconds / 864) / 100;
  return count === 1 ? '1 day' : `${count} days`;
}

/** @throws KeyStateError, too, where the recovery window is over, whether the server has erased the key yet or not. */
export function restoreKey(record: KeyRecord, now: number): KeyRecord {
  const state = nextState(record, 'restore', now);
  const {deletion, ...rest} = record;
  if (!deletion || now >= deletion.destroyAt) {
    throw new KeyStateError('The recovery window of the key is over.', {
      details: {state: 'pendingDeletion', possible: []},
    });
  }
  return changed(rest, {state}, now);
}

/** What is left of a key when its recovery window is over: that there was one. @throws KeyStateError before that */
export function destroyKey(record: KeyRecord, now: number): KeyRecord {
  const state = nextState(record, 'destroy', now);
  if (!record.deletion) throw new InternalError(new Error('A key pending deletion does not say when.'));
  if (now < record.deletion.destroyAt) {
    throw new KeyStateError('The recovery window of the key is not over.', {
      details: {state: 'pendingDeletion', possible: ['restore']},
    });
  }
  // Who must not see the key must not see that it is gone, so the bound on chains stays.
  const versions = record.versions.map((version) => without(destroyed(version), 'certificates'));
  const tombstone = without(record, 'tags', 'description', 'policy', 'publicAlias', 'publicAliasTemplate');
  return changed(tombstone, {state, versions}, now);
}
