import {InternalError, KeyStateError} from '../errors.ts';
import type {KeyOperation, KeyRecord, KeyVersionRecord, StoredKeyState} from '../storage/key-record.ts';
import {findKeyType, type KeyTypeDescriptor} from './key-types.ts';

/** What a key is at a moment (NIST SP 800-57 part 1, §7). */
export type KeyState = 'created' | 'active' | 'expired' | 'disabled' | 'pendingDeletion' | 'deleted';

/** What a version of a key is. */
export type VersionStatus =
  | 'active'
  | 'decrypt-only'
  | 'verify-only'
  | 'unwrap-only'
  | 'derive-only'
  | 'decapsulate-only'
  | 'retired'
  | 'disabled'
  | 'destroyed';

/** What can happen to a key. `destroy` is the server's own, at the end of the recovery window. */
export type KeyChange =
  | 'rotate'
  | 'update'
  | 'disable'
  | 'enable'
  | 'delete'
  | 'restore'
  | 'destroy'
  | 'disableVersion'
  | 'enableVersion'
  | 'destroyVersion';

/** The state as it is stored then; `same`: as it was; `before`: as it was before deletion. */
export type NextState = StoredKeyState | 'same' | 'before';

const whileKept = {
  update: 'same',
  delete: 'pendingDeletion',
  disableVersion: 'same',
  enableVersion: 'same',
  destroyVersion: 'same',
} as const;

/** Every change that there is: from a state, what the key is after it. What is not here is refused. */
export const TRANSITIONS: Readonly<Record<KeyState, Readonly<Partial<Record<KeyChange, NextState>>>>> =
  Object.freeze({
    created: {...whileKept, rotate: 'same', disable: 'disabled'},
    active: {...whileKept, rotate: 'same', disable: 'disabled'},
    expired: {...whileKept, disable: 'disabled'},
    disabled: {...whileKept, enable: 'enabled'},
    pendingDeletion: {restore: 'before', destroy: 'deleted'},
    deleted: {},
  });

/** What can happen to a version alone. */
export type VersionChange = 'disableVersion' | 'enableVersion' | 'destroyVersion';

const older = ['disableVersion'] as const;

/** What can happen to a version of each status. What is not here is refused. */
export const VERSION_TRANSITIONS: Readonly<Record<VersionStatus, readonly VersionChange[]>> = Object.freeze({
  active: [],
  'decrypt-only': older,
  'verify-only': older,
  'unwrap-only': older,
  'derive-only': older,
  'decapsulate-only': older,
  retired: ['disableVersion', 'destroyVersion'],
  disabled: ['enableVersion', 'destroyVersion'],
  destroyed: [],
});

/** What the older versions of a key are for: the first of these that it can do. */
const OLDER: readonly (readonly [KeyOperation, VersionStatus])[] = [
  ['decrypt', 'decrypt-only'],
  ['verify', 'verify-only'],
  ['unwrapKey', 'unwrap-only'],
  ['deriveSecret', 'derive-only'],
  ['decapsulate', 'decapsulate-only'],
];

/** More versions, destroyed ones too, a key never has: its record is read whole. */
export const MAX_KEY_VERSIONS = 1000;

/** The descriptor of a stored key's type. */
export function keyTypeOf({type: name}: Pick<KeyRecord, 'type'>): KeyTypeDescriptor {
  const type = findKeyType(name);
  if (!type) throw new InternalError(new Error('A stored key is of an unknown type.'));
  return type;
}

/** The newest version of a key, which is the current one. */
export function currentVersion({versions}: Pick<KeyRecord, 'versions'>): KeyVersionRecord {
  const current = versions.at(-1);
  if (!current) throw new InternalError(new Error('A stored key has no version.'));
  return current;
}

/** What a key's type can do, narrowed to what the key was made for. */
export function operationsOf(
  {keyOps}: Pick<KeyRecord, 'keyOps'>,
  {operations}: Pick<KeyTypeDescriptor, 'operations'>,
): readonly KeyOperation[] {
  return keyOps ? operations.filter((operation) => keyOps.includes(operation)) : operations;
}

/** @param now milliseconds since the epoch */
export function keyState({state, policy}: Pick<KeyRecord, 'state' | 'policy'>, now: number): KeyState {
  if (state !== 'enabled') return state;
  const {notBefore, notAfter} = policy?.usageWindow ?? {};
  if (notBefore !== undefined && now < notBefore) return 'created';
  return notAfter !== undefined && now >= notAfter ? 'expired' : 'active';
}

/** @param version one of the record's */
export function versionStatus(
  record: Pick<KeyRecord, 'type' | 'keyOps' | 'policy' | 'versions'>,
  version: Pick<KeyVersionRecord, 'version' | 'state'>,
): VersionStatus {
  if (version.state !== 'enabled') return version.state;
  if (version.version === currentVersion(record).version) return 'active';
  if (version.version < (record.policy?.minDecryptVersion ?? 1)) return 'retired';
  const type = keyTypeOf(record);
  const operations = operationsOf(record, type);
  const status = OLDER.find(([operation]) => operations.includes(operation));
  // A key that was made to protect only processes nothing: older versions of it are of no use any more.
  return status ? status[1] : 'retired';
}

/**
 * What a key is after a change.
 * @throws KeyStateError where the change is not one that the key's state allows; `details.possible` says which are.
 */
export function nextState(record: KeyRecord, change: KeyChange, now: number): StoredKeyState {
  const state = keyState(record, now);
  const to = TRANSITIONS[state][change];
  if (to === undefined) {
    throw new KeyStateError(`The key is ${STATE_WORDS[state]}: ${CHANGE_WORDS[change]} is not possible.`, {
      details: {state, possible: possibleChanges(state)},
    });
  }
  if (to === 'same') return record.state;
  return to === 'before' ? (record.deletion?.restoresTo ?? 'disabled') : to;
}

/** @throws KeyStateError where the change is not one that the version's status allows. */
export function assertVersionChange(
  record: KeyRecord,
  version: KeyVersionRecord,
  change: VersionChange,
): void {
  const status = versionStatus(record, version);
  if (VERSION_TRANSITIONS[status].includes(change)) return;
  const why =
    status === 'active'
      ? 'it is the current one; rotate the key first'
      : change === 'destroyVersion' && status !== 'destroyed'
        ? 'disable it first'
        : `it is ${status}`;
  throw new KeyStateError(`Version ${version.version} cannot be ${VERSION_CHANGE_WORDS[change]}: ${why}.`, {
    details: {state: status, possible: VERSION_TRANSITIONS[status]},
  });
}

/** What a client can ask for in a state. */
function possibleChanges(state: KeyState): readonly string[] {
  return Object.keys(TRANSITIONS[state]).filter((change) => change !== 'destroy');
}

const STATE_WORDS: Readonly<Record<KeyState, string>> = {
  created: 'not in use yet',
  active: 'active',
  expired: 'past the end of its usage window',
  disabled: 'disabled',
  pendingDeletion: 'pending deletion',
  deleted: 'deleted',
};

const CHANGE_WORDS: Readonly<Record<KeyChange, string>> = {
  rotate: 'rotation',
  update: 'an update',
  disable: 'disabling it',
  enable: 'enabling it',
  delete: 'deletion',
  restore: 'restoration',
  destroy: 'destruction',
  disableVersion: 'disabling a version',
  enableVersion: 'enabling a version',
  destroyVersion: 'destroying a version',
};

const VERSION_CHANGE_WORDS: Readonly<Record<VersionChange, string>> = {
  disableVersion: 'disabled',
  enableVersion: 'enabled',
  destroyVersion: 'destroyed',
};
