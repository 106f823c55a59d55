import type {KeyPolicyBody} from '../../schemas/key-policy.ts';
import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import type {KeyOperation, KeyPolicy, KeyRecord} from '../storage/key-record.ts';
import type {GeneratedVersion} from './key-changes.ts';
import {applyDefaults, type KeyDefaults} from './key-defaults.ts';
import {assertPolicy, nextDueAt, parsePolicy} from './key-policy.ts';
import {checkDescription, checkTags, type KeyTags} from './key-tags.ts';
import type {KeyTypeDescriptor} from './key-types.ts';
import {checkPublicAlias} from './public-alias.ts';

/** What a client says of a key that is to be made: `invocationTarget`, as docs/keys.md has it, without `type`. */
export interface NewKeyTarget {
  readonly maxCapabilityChainLength?: number;
  readonly publicAlias?: string;
  readonly publicAliasTemplate?: string;
  readonly keyOps?: readonly string[];
  readonly tags?: KeyTags;
  readonly description?: string;
  readonly policy?: KeyPolicyBody;
}

/** The same, checked. */
export type NewKeyMembers = Pick<
  KeyRecord,
  | 'maxCapabilityChainLength'
  | 'publicAlias'
  | 'publicAliasTemplate'
  | 'keyOps'
  | 'tags'
  | 'description'
  | 'policy'
>;

/**
 * Checks what can be checked before a key is made. What an alias template gives is known only with the key.
 * @throws MalformedRequestError, NotSupportedError, KeyPolicyError
 */
export function readNewKey(
  target: NewKeyTarget,
  type: KeyTypeDescriptor,
  defaults: KeyDefaults,
): NewKeyMembers {
  const {maxCapabilityChainLength, publicAlias, publicAliasTemplate} = target;
  assertAlias(target, type);
  const keyOps = target.keyOps && checkKeyOps(target.keyOps, type);
  const tags = target.tags && checkTags(target.tags);
  const policy = applyDefaults(target.policy && readPolicy(target.policy), type, defaults);
  if (policy) assertPolicy(policy, {type, ...(keyOps && {keyOps}), current: 1});
  return {
    ...(maxCapabilityChainLength !== undefined && {maxCapabilityChainLength}),
    ...(publicAlias !== undefined && {publicAlias}),
    ...(publicAliasTemplate !== undefined && {publicAliasTemplate}),
    ...(keyOps && {keyOps}),
    ...(tags && {tags}),
    ...(target.description !== undefined && {description: checkDescription(target.description)}),
    ...(policy && {policy}),
  };
}

/** @returns undefined where the policy says nothing. */
export function readPolicy(body: KeyPolicyBody): KeyPolicy | undefined {
  return Object.keys(body).length === 0 ? undefined : parsePolicy(body);
}

/** In the order of the type's own. */
function checkKeyOps(keyOps: readonly string[], {operations}: KeyTypeDescriptor): readonly KeyOperation[] {
  const narrowed = operations.filter((operation) => keyOps.includes(operation));
  if (narrowed.length !== keyOps.length) {
    throw new NotSupportedError('"keyOps" names each once some of what the key type can do.', {
      details: {supported: operations},
    });
  }
  return narrowed;
}

/** An alias is how the public knows a key. Clients find a symmetric key by its description's id, so that stays its URL. */
export function assertAlias(
  {publicAlias, publicAliasTemplate}: Pick<KeyRecord, 'publicAlias' | 'publicAliasTemplate'>,
  type: KeyTypeDescriptor,
): void {
  if (publicAlias === undefined && publicAliasTemplate === undefined) return;
  if (publicAlias !== undefined && publicAliasTemplate !== undefined) {
    throw new MalformedRequestError('Only one of "publicAlias" and "publicAliasTemplate" may be given.');
  }
  if (!type.publicKey) {
    throw new MalformedRequestError('Only a key with a public key may have a public alias.');
  }
  if (publicAlias !== undefined) checkPublicAlias(publicAlias);
}

export interface NewKeyIdentity {
  /** The keystore's URL. */
  readonly keystoreId: string;
  readonly localKeyId: string;
  readonly type: KeyTypeDescriptor;
  readonly origin: KeyRecord['origin'];
}

/** @param now milliseconds since the epoch @returns the record of a key that was just made. */
export function initialRecord(
  {keystoreId, localKeyId, type, origin}: NewKeyIdentity,
  members: NewKeyMembers,
  generated: GeneratedVersion,
  now: number,
): KeyRecord {
  const record: KeyRecord = {
    keystoreId,
    localKeyId,
    type: type.name,
    sequence: 0,
    createdAt: now,
    updatedAt: now,
    origin,
    state: 'enabled',
    ...members,
    versions: [{version: 1, createdAt: now, state: 'enabled', ...generated}],
  };
  const dueAt = nextDueAt(record);
  return {...record, ...(dueAt !== undefined && {dueAt})};
}
