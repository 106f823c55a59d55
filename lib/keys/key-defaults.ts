import {KeyPolicyError} from '../errors.ts';
import type {KeyPolicy, KeyRecord} from '../storage/key-record.ts';
import {currentVersion, keyState} from './key-state.ts';
import type {KeyTypeDescriptor} from './key-types.ts';

/** What the server asks of all keys. */
export interface KeyDefaults {
  /** Whether the times of rotation are bounds of every policy that is set from now on, or suggestions that warn. */
  readonly enforced: boolean;
  /** How old a version of a symmetric key may become; absent: as old as it likes. */
  readonly symmetricRotationSeconds?: number;
  /** The same of a key that has a public key. */
  readonly asymmetricRotationSeconds?: number;
  /** The recovery window of a deletion that names none. */
  readonly deletionWindowSeconds: number;
  /** The shortest that a deletion may name. */
  readonly minDeletionWindowSeconds: number;
}

function rotationSeconds({publicKey}: KeyTypeDescriptor, defaults: KeyDefaults): number | undefined {
  return publicKey ? defaults.asymmetricRotationSeconds : defaults.symmetricRotationSeconds;
}

/**
 * The policy as it is stored where the server's defaults are enforced: with a rotation, if it has none by age.
 * @throws KeyPolicyError where its rotation is later than the server's.
 */
export function applyDefaults(
  policy: KeyPolicy | undefined,
  type: KeyTypeDescriptor,
  defaults: KeyDefaults,
): KeyPolicy | undefined {
  const seconds = rotationSeconds(type, defaults);
  if (!defaults.enforced || seconds === undefined) return policy;
  const {afterSeconds} = policy?.rotation ?? {};
  if (afterSeconds === undefined) {
    return {...policy, rotation: {...policy?.rotation, afterSeconds: seconds}};
  }
  if (afterSeconds > seconds) {
    throw new KeyPolicyError(
      'rotation',
      `This server rotates such keys after ${duration(seconds)} or sooner.`,
    );
  }
  return policy;
}

/** What is worth a warning of a key at a moment: sentences for people. */
export function warningsOf(
  record: KeyRecord,
  type: KeyTypeDescriptor,
  defaults: KeyDefaults,
  now: number,
): readonly string[] {
  const seconds = rotationSeconds(type, defaults);
  if (seconds === undefined || keyState(record, now) !== 'active') return [];
  const {version, createdAt} = currentVersion(record);
  const {afterSeconds} = record.policy?.rotation ?? {};
  if (now - createdAt <= seconds * 1000 || (afterSeconds !== undefined && afterSeconds <= seconds)) return [];
  return [
    `Version ${version} is older than ${duration(seconds)}, after which this server suggests to rotate such keys.`,
  ];
}

const DAY_SECONDS = 86_400;

function duration(seconds: number): string {
  if (seconds % DAY_SECONDS !== 0) return `${seconds} seconds`;
  return seconds === DAY_SECONDS ? '1 day' : `${seconds / DAY_SECONDS} days`;
}
