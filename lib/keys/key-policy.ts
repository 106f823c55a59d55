import type {KeyPolicyBody} from '../../schemas/key-policy.ts';
import {parseXsdDateTime} from '../encoding/xsd-date-time.ts';
import {KeyPolicyError, MalformedRequestError} from '../errors.ts';
import type {KeyPolicy, KeyRecord, KeyUse} from '../storage/key-record.ts';
import {currentVersion, MAX_KEY_VERSIONS, operationsOf} from './key-state.ts';
import type {KeyTypeDescriptor} from './key-types.ts';
import {KEY_USES} from './key-uses.ts';

/** @throws MalformedRequestError where a date is none of the years 0001 to 9999. */
export function parsePolicy({usageWindow, ...members}: KeyPolicyBody): KeyPolicy {
  if (!usageWindow) return members;
  return {
    ...members,
    usageWindow: {
      ...(usageWindow.notBefore !== undefined && {notBefore: parseTime(usageWindow.notBefore, 'notBefore')}),
      ...(usageWindow.notAfter !== undefined && {notAfter: parseTime(usageWindow.notAfter, 'notAfter')}),
    },
  };
}

function parseTime(text: string, name: string): number {
  const time = parseXsdDateTime(text);
  // A zone can lead out of the years that can be written.
  if (time === undefined || parseXsdDateTime(new Date(time).toISOString()) === undefined) {
    throw new MalformedRequestError(
      `"policy.usageWindow.${name}" must be a date and time with a zone, such as "2026-11-22T07:30:00Z".`,
    );
  }
  return time;
}

/** As on the wire: `parsePolicy` gives it back. */
export function formatPolicy({usageWindow, ...members}: KeyPolicy): KeyPolicyBody {
  const {allowedOperations, allowedAlgorithms, ...rest} = members;
  return {
    ...(allowedOperations && {allowedOperations: [...allowedOperations]}),
    ...(allowedAlgorithms && {allowedAlgorithms: [...allowedAlgorithms]}),
    ...rest,
    ...(usageWindow && {
      usageWindow: {
        ...(usageWindow.notBefore !== undefined && {
          notBefore: new Date(usageWindow.notBefore).toISOString(),
        }),
        ...(usageWindow.notAfter !== undefined && {notAfter: new Date(usageWindow.notAfter).toISOString()}),
      },
    }),
  };
}

/** What a policy is of. */
export interface PolicyContext {
  readonly type: KeyTypeDescriptor;
  readonly keyOps?: KeyRecord['keyOps'];
  /** The number of the newest version. */
  readonly current: number;
}

/** @throws MalformedRequestError where the policy contradicts itself, or the key that it is for. */
export function assertPolicy(policy: KeyPolicy, {type, keyOps, current}: PolicyContext): void {
  const {notBefore, notAfter} = policy.usageWindow ?? {};
  if (notBefore !== undefined && notAfter !== undefined && notBefore >= notAfter) {
    throw new MalformedRequestError('"policy.usageWindow" must open before it closes.');
  }
  const {minVersions, maxVersions, minDecryptVersion} = policy;
  if (minVersions !== undefined && maxVersions !== undefined && minVersions > maxVersions) {
    throw new MalformedRequestError('"policy.minVersions" must not be more than "policy.maxVersions".');
  }
  if (policy.destroyUsableVersions === true && maxVersions === undefined) {
    throw new MalformedRequestError('"policy.destroyUsableVersions" needs "policy.maxVersions".');
  }
  if (minDecryptVersion !== undefined && minDecryptVersion > current) {
    throw new MalformedRequestError('"policy.minDecryptVersion" must not be more than the current version.', {
      details: {currentVersion: current},
    });
  }
  const key = {...(keyOps && {keyOps})};
  assertAmong('allowedOperations', policy.allowedOperations, usesOf(key, type));
  assertAmong('allowedAlgorithms', policy.allowedAlgorithms, algorithmsOf(key, type));
}

function assertAmong(
  name: 'allowedOperations' | 'allowedAlgorithms',
  words: readonly string[] | undefined,
  supported: readonly string[],
): void {
  if (!words || words.every((word) => supported.includes(word))) return;
  throw new MalformedRequestError(`"policy.${name}" names what this key does not have.`, {
    details: {supported},
  });
}

/** Every use that a key's operations suffice for. */
export function usesOf(
  record: Pick<KeyRecord, 'keyOps'>,
  type: Pick<KeyTypeDescriptor, 'operations'>,
): readonly KeyUse[] {
  const operations = operationsOf(record, type);
  return (Object.keys(KEY_USES) as KeyUse[]).filter((use) =>
    KEY_USES[use].needs.every((operation) => operations.includes(operation)),
  );
}

/** Every algorithm by which a key signs or encrypts. */
export function algorithmsOf(
  record: Pick<KeyRecord, 'keyOps'>,
  type: Pick<KeyTypeDescriptor, 'operations' | 'signatureAlgorithms' | 'encryptionAlgorithms'>,
): readonly string[] {
  const operations = operationsOf(record, type);
  const can = (...some: readonly (typeof operations)[number][]) =>
    some.some((one) => operations.includes(one));
  return [
    ...(can('sign', 'verify') ? (type.signatureAlgorithms ?? []) : []),
    ...(can('encrypt', 'decrypt') ? (type.encryptionAlgorithms ?? []) : []),
  ];
}

/**
 * The policy that replaces another, whole. But what can only be narrowed stays narrowed: a key is never exportable that was
 * not, and `minDecryptVersion` stays where the new policy, or none, does not name it.
 * @throws KeyPolicyError where the new policy would make the key exportable, or lower `minDecryptVersion`.
 */
export function nextPolicy(
  previous: KeyPolicy | undefined,
  next: KeyPolicy | undefined,
): KeyPolicy | undefined {
  if (next?.exportable === true && previous?.exportable !== true) {
    throw new KeyPolicyError('exportable', 'A key can be made exportable only when it is created.');
  }
  const floor = previous?.minDecryptVersion;
  if (floor === undefined) return next;
  if (next?.minDecryptVersion === undefined) return {...next, minDecryptVersion: floor};
  if (next.minDecryptVersion < floor) {
    throw new KeyPolicyError('minDecryptVersion', `"minDecryptVersion" is ${floor} and can only be raised.`);
  }
  return next;
}

/** When the server has to do something with a key by itself; see `KeyRecord.dueAt`. Milliseconds since the epoch. */
export function nextDueAt(
  record: Pick<KeyRecord, 'state' | 'deletion' | 'policy' | 'versions'>,
): number | undefined {
  if (record.state === 'pendingDeletion') return record.deletion?.destroyAt;
  const {rotation, usageWindow} = record.policy ?? {};
  if (record.state !== 'enabled' || rotation?.afterSeconds === undefined) return undefined;
  const {version, createdAt} = currentVersion(record);
  if (version >= MAX_KEY_VERSIONS) return undefined;
  const aged = createdAt + rotation.afterSeconds * 1000;
  const due = Math.max(aged, usageWindow?.notBefore ?? aged);
  return usageWindow?.notAfter !== undefined && due >= usageWindow.notAfter ? undefined : due;
}
