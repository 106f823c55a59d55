import {
  KeyPolicyError,
  KeyStateError,
  NotFoundError,
  NotSupportedError,
  PayloadTooLargeError,
} from '../errors.ts';
import type {KeyRecord, KeyUse, KeyVersionRecord} from '../storage/key-record.ts';
import {keyState, type KeyState, operationsOf, type VersionStatus, versionStatus} from './key-state.ts';
import type {KeyTypeDescriptor} from './key-types.ts';
import {type Direction, KEY_USES} from './key-uses.ts';

/** What of a key's uses each state allows. */
const STATE_ALLOWS: Readonly<Record<KeyState, readonly Direction[]>> = {
  created: [],
  active: ['protect', 'process'],
  expired: ['process'],
  disabled: [],
  pendingDeletion: [],
  deleted: [],
};

const STATUS_ALLOWS_NOTHING: ReadonlySet<VersionStatus> = new Set(['retired', 'disabled', 'destroyed']);

export interface UseOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** As it was asked for; absent: the type's first. */
  readonly algorithm?: string;
  /** Bytes of what is signed, encrypted, wrapped or checked; of each item of a batch. */
  readonly dataBytes?: number;
}

/**
 * Whether a key may be used so, now. How often it was used is for others to say.
 * @throws NotSupportedError where the type, or what the key was narrowed to, has no such operation or algorithm;
 *   `details.supported` says what it has. @throws KeyStateError, KeyPolicyError. @throws PayloadTooLargeError where the
 *   policy's `maxDataBytes` is exceeded.
 */
export function assertUse(
  record: KeyRecord,
  type: KeyTypeDescriptor,
  use: KeyUse,
  {now, algorithm, dataBytes = 0}: UseOptions,
): void {
  const {direction, needs} = KEY_USES[use];
  const supported = operationsOf(record, type);
  if (!needs.every((operation) => supported.includes(operation))) {
    throw new NotSupportedError('The key does not support this operation.', {details: {supported}});
  }
  const used = usedAlgorithm(type, use, algorithm);
  const state = keyState(record, now);
  if (!STATE_ALLOWS[state].includes(direction)) {
    throw new KeyStateError(STATE_REFUSALS[state], {details: {state}});
  }
  const {allowedOperations, allowedAlgorithms, maxDataBytes} = record.policy ?? {};
  if (allowedOperations && !allowedOperations.includes(use)) {
    throw new KeyPolicyError('allowedOperations', "The key's policy does not allow this operation.");
  }
  if (allowedAlgorithms && used !== undefined && !allowedAlgorithms.includes(used)) {
    throw new KeyPolicyError('allowedAlgorithms', `The key's policy does not allow the algorithm ${used}.`);
  }
  if (maxDataBytes !== undefined && dataBytes > maxDataBytes) {
    throw new PayloadTooLargeError(`The key's policy allows data of at most ${maxDataBytes} bytes.`, {
      details: {policy: 'maxDataBytes'},
    });
  }
}

/** @returns the algorithm of the use, or undefined where the use has none. */
function usedAlgorithm(
  {signatureAlgorithms, encryptionAlgorithms}: KeyTypeDescriptor,
  use: KeyUse,
  asked: string | undefined,
): string | undefined {
  const {needs} = KEY_USES[use];
  let supported: readonly string[] = [];
  if (needs.includes('sign') || needs.includes('verify')) supported = signatureAlgorithms ?? [];
  if (needs.includes('encrypt') || needs.includes('decrypt')) supported = encryptionAlgorithms ?? [];
  if (asked === undefined) return supported[0];
  if (supported.includes(asked)) return asked;
  throw new NotSupportedError('The key does not support this algorithm.', {details: {supported}});
}

const STATE_REFUSALS: Readonly<Record<KeyState, string>> = {
  created: 'The usage window of the key has not opened yet.',
  active: 'The key is active.',
  expired: 'The usage window of the key has closed: it protects nothing new.',
  disabled: 'The key is disabled.',
  pendingDeletion: 'The key is pending deletion.',
  deleted: 'The key is deleted.',
};

/** The versions that process, newest first. */
export function processableVersions(record: KeyRecord): readonly KeyVersionRecord[] {
  return record.versions
    .filter((version) => !STATUS_ALLOWS_NOTHING.has(versionStatus(record, version)))
    .reverse();
}

/**
 * A version of a key that processes.
 * @throws NotFoundError where the key has no such version. @throws KeyStateError where it is retired, disabled or destroyed.
 */
export function versionFor(record: KeyRecord, number: number): KeyVersionRecord {
  const version = findVersion(record, number);
  const status = versionStatus(record, version);
  if (STATUS_ALLOWS_NOTHING.has(status)) {
    throw new KeyStateError(`Version ${number} of the key is ${status}.`, {details: {state: status}});
  }
  return version;
}

/** @throws NotFoundError where the key has no such version. */
export function findVersion({versions}: Pick<KeyRecord, 'versions'>, number: number): KeyVersionRecord {
  const found = versions.find(({version}) => version === number);
  if (!found) throw new NotFoundError('Key version not found.');
  return found;
}
