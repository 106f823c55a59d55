import type {KeyPolicyBody} from '../../schemas/key-policy.ts';
import {KeyStateError, MalformedRequestError, PayloadTooLargeError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import {parseCertificateChain} from './certificate-chain.ts';
import {changed, replaced} from './key-changes.ts';
import {applyDefaults, type KeyDefaults} from './key-defaults.ts';
import {assertPolicy, nextPolicy} from './key-policy.ts';
import {currentVersion, keyTypeOf, nextState} from './key-state.ts';
import {checkDescription, checkTags, type KeyTags} from './key-tags.ts';
import {findVersion} from './key-use-rules.ts';
import {assertAlias, readPolicy} from './new-key.ts';
import {without} from './without.ts';

/** The members of an `UpdateKeyOperation`: each replaces what was there, whole; null removes it; absent leaves it. */
export interface KeyRecordUpdate {
  readonly tags?: KeyTags | null;
  readonly description?: string | null;
  readonly policy?: KeyPolicyBody | null;
  readonly maxCapabilityChainLength?: number | null;
  readonly publicAlias?: string | null;
  readonly publicAliasTemplate?: string | null;
  /** Standard base64 of DER, the key's own first. */
  readonly x5c?: readonly string[] | null;
  /** Whose `x5c`; default: the newest. */
  readonly keyVersion?: number;
}

const MAX_CERTIFICATE_BYTES_OF_KEY = 512 * 1024;

const UPDATED = [
  'tags',
  'description',
  'policy',
  'maxCapabilityChainLength',
  'publicAlias',
  'publicAliasTemplate',
] as const;

/**
 * @throws KeyStateError. @throws MalformedRequestError where nothing is updated, or a value is not what it should be.
 * @throws KeyPolicyError where a policy is wider than the one before, or than the server allows.
 * @throws NotFoundError where there is no version `keyVersion`. @throws PayloadTooLargeError where the key's certificates are too many.
 */
export function updateKey(
  record: KeyRecord,
  update: KeyRecordUpdate,
  {defaults, now}: {readonly defaults: KeyDefaults; readonly now: number},
): KeyRecord {
  const state = nextState(record, 'update', now);
  const {keyVersion, x5c, ...members} = update;
  if (keyVersion !== undefined && x5c === undefined) {
    throw new MalformedRequestError('"keyVersion" says whose "x5c" is updated; there is none.');
  }
  if (x5c === undefined && Object.keys(members).length === 0) {
    throw new MalformedRequestError('There is nothing to update.');
  }
  const {tags, description, maxCapabilityChainLength, publicAlias, publicAliasTemplate} = record;
  const next: KeyRecord = {
    ...without(record, ...UPDATED),
    ...optional('tags', replace(tags, update.tags, checkTags)),
    ...optional('description', replace(description, update.description, checkDescription)),
    ...optional('policy', updatedPolicy(record, update.policy, defaults)),
    ...optional(
      'maxCapabilityChainLength',
      replace(maxCapabilityChainLength, update.maxCapabilityChainLength),
    ),
    ...optional('publicAlias', replace(publicAlias, update.publicAlias)),
    ...optional('publicAliasTemplate', replace(publicAliasTemplate, update.publicAliasTemplate)),
    ...(x5c !== undefined && {versions: updatedCertificates(record, x5c, keyVersion)}),
  };
  assertAlias(next, keyTypeOf(record));
  return changed(next, {state}, now);
}

function optional<Name extends keyof KeyRecord>(
  name: Name,
  value: KeyRecord[Name] | undefined,
): Partial<Pick<KeyRecord, Name>> {
  return (value === undefined ? {} : {[name]: value}) as Partial<Pick<KeyRecord, Name>>;
}

function replace<T, U extends T>(
  previous: T | undefined,
  next: U | null | undefined,
  check: (value: U) => T | undefined = (value) => value,
): T | undefined {
  if (next === undefined) return previous;
  return next === null ? undefined : check(next);
}

function updatedPolicy(
  record: KeyRecord,
  body: KeyPolicyBody | null | undefined,
  defaults: KeyDefaults,
): KeyRecord['policy'] {
  if (body === undefined) return record.policy;
  const type = keyTypeOf(record);
  const asked = applyDefaults(body === null ? undefined : readPolicy(body), type, defaults);
  const policy = nextPolicy(record.policy, asked);
  const {keyOps} = record;
  if (policy) {
    assertPolicy(policy, {type, ...(keyOps && {keyOps}), current: currentVersion(record).version});
  }
  return policy;
}

function updatedCertificates(
  record: KeyRecord,
  x5c: readonly string[] | null,
  keyVersion: number | undefined,
): KeyRecord['versions'] {
  const version = findVersion(record, keyVersion ?? currentVersion(record).version);
  const bare = without(version, 'certificates');
  if (x5c === null) return replaced(record, bare);
  if (version.state === 'destroyed') {
    throw new KeyStateError(`Version ${version.version} of the key is destroyed.`, {
      details: {state: 'destroyed', possible: []},
    });
  }
  const certificates = parseCertificateChain(x5c, keyTypeOf(record), version.publicKey);
  const versions = replaced(record, {...bare, certificates});
  assertCertificatesFit(versions);
  return versions;
}

/** A record is read whole with every use: what its thousand versions carry with them is bounded together. */
function assertCertificatesFit(versions: KeyRecord['versions']): void {
  const all = versions.flatMap(({certificates = []}) => certificates);
  if (all.reduce((sum, {length}) => sum + length, 0) <= MAX_CERTIFICATE_BYTES_OF_KEY) return;
  throw new PayloadTooLargeError(
    `The certificates of all versions of a key have at most ${MAX_CERTIFICATE_BYTES_OF_KEY} bytes: take away those of older ones.`,
  );
}
