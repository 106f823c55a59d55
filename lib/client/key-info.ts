import {MalformedRequestError} from '../errors.ts';
import {findKeyType, type KeyTypeDescriptor} from '../keys/key-types.ts';
import {formatPublicKey, parsePublicKey} from '../keys/public-key.ts';
import {UnexpectedReplyError} from './client-errors.ts';
import {parseKeyReference} from './key-reference.ts';
import type {KeyInfo, KeyVersionInfo} from './kms.ts';
import {readPolicy} from './read-policy.ts';
import {Reply} from './reply.ts';

/** A key as the service describes it: what it says of itself was looked at, and is of one piece. */
export interface DescribedKey {
  readonly type: KeyTypeDescriptor;
  readonly info: KeyInfo;
  /** Raw public keys by version; nothing for symmetric keys, and for versions that say none. */
  readonly publicKeys: ReadonlyMap<number, Uint8Array>;
}

/** Reads a key's description with metadata: docs/keys.md. @throws UnexpectedReplyError */
export function readDescribedKey(value: unknown): DescribedKey {
  const description = new Reply(value, 'the description of the key');
  const metadata = description.object('metadata');
  const type = findKeyType(metadata.text('keyType'));
  if (!type) throw new UnexpectedReplyError('the key is of a type that this program does not know.');
  const versions = metadata.list('versions', readVersion);
  const currentVersion = metadata.count('currentVersion', 1);
  if (!versions.some(({version}) => version === currentVersion)) {
    throw new UnexpectedReplyError('the current version is not among the versions.');
  }
  const publicKeys = readPublicKeys(type, versions);
  assertSameKey(description, type, publicKeys.get(currentVersion));
  return {type, info: readInfo(metadata, type, {versions, currentVersion}), publicKeys};
}

function readInfo(
  metadata: Reply,
  type: KeyTypeDescriptor,
  {versions, currentVersion}: Pick<KeyInfo, 'versions' | 'currentVersion'>,
): KeyInfo {
  const origin = metadata.text('origin');
  if (origin !== 'generated' && origin !== 'imported') {
    throw new UnexpectedReplyError('the origin of the key is neither "generated" nor "imported".');
  }
  const description = metadata.optionalText('description');
  const kmsModule = metadata.optionalText('kmsModule');
  const maxCapabilityChainLength = metadata.optionalCount('maxCapabilityChainLength', 1);
  return {
    kid: metadata.text('keyId'),
    keyType: type.name,
    shortName: type.shortName ?? type.name,
    state: metadata.text('state'),
    createdAt: metadata.text('createdAt'),
    updatedAt: metadata.text('updatedAt'),
    origin,
    currentVersion,
    versions,
    operations: metadata.texts('operations'),
    ...(metadata.has('algorithms') && {algorithms: metadata.texts('algorithms')}),
    ...(kmsModule !== undefined && {kmsModule}),
    ...(metadata.has('extractable') && {extractable: metadata.flag('extractable')}),
    ...(metadata.has('keyOps') && {keyOps: metadata.texts('keyOps')}),
    ...(metadata.has('tags') && {tags: metadata.textMap('tags')}),
    ...(description !== undefined && {description}),
    ...(metadata.has('policy') && {policy: readPolicy(metadata.object('policy'))}),
    ...(maxCapabilityChainLength !== undefined && {maxCapabilityChainLength}),
    ...(metadata.has('deletion') && {deletion: readDeletion(metadata.object('deletion'))}),
    ...(metadata.has('warnings') && {warnings: metadata.texts('warnings')}),
  };
}

function readDeletion(deletion: Reply): NonNullable<KeyInfo['deletion']> {
  return {requestedAt: deletion.text('requestedAt'), destroyAt: deletion.text('destroyAt')};
}

function readVersion(value: unknown, what: string): KeyVersionInfo {
  const version = new Reply(value, what);
  const publicKeyMultibase = version.optionalText('publicKeyMultibase');
  const uses = version.optionalCount('uses');
  return {
    version: version.count('version', 1),
    createdAt: version.text('createdAt'),
    status: version.text('status'),
    ...(publicKeyMultibase !== undefined && {publicKeyMultibase}),
    ...(uses !== undefined && {uses}),
    ...(version.has('x5c') && {x5c: version.texts('x5c')}),
  };
}

function readPublicKeys(
  type: KeyTypeDescriptor,
  versions: readonly KeyVersionInfo[],
): ReadonlyMap<number, Uint8Array> {
  const publicKeys = new Map<number, Uint8Array>();
  for (const {version, publicKeyMultibase} of versions) {
    if (publicKeyMultibase !== undefined) {
      publicKeys.set(version, readPublicKey(type, publicKeyMultibase));
    }
  }
  return publicKeys;
}

/** Keys of 2018 have no multibase of their own: they are written as those of 2020. */
function multibaseType(type: KeyTypeDescriptor): KeyTypeDescriptor {
  if (type.publicKey?.member !== 'publicKeyBase58') return type;
  const newer = findKeyType('Ed25519VerificationKey2020');
  if (!newer) throw new Error('The table of key types lacks one.');
  return newer;
}

function readPublicKey(type: KeyTypeDescriptor, publicKeyMultibase: string): Uint8Array {
  const {descriptionType, ...written} = multibaseType(type);
  try {
    return parsePublicKey({type: descriptionType, publicKeyMultibase}, {descriptionType, ...written});
  } catch (cause) {
    if (!(cause instanceof MalformedRequestError)) throw cause;
    throw new UnexpectedReplyError('a public key is not one of the type of the key.', {cause});
  }
}

/** A description and its metadata tell of one key, or of none. */
function assertSameKey(description: Reply, type: KeyTypeDescriptor, publicKey: Uint8Array | undefined): void {
  const {publicKey: format} = type;
  const described = format && description.optionalText(format.member);
  const current = format && publicKey && formatPublicKey(format, publicKey);
  if (described !== current) {
    throw new UnexpectedReplyError('the description and its metadata have different public keys.');
  }
}

/** @throws UnexpectedReplyError where it is another key */
export function assertIsKey(key: DescribedKey, keyId: string): DescribedKey {
  if (key.info.kid === keyId) return key;
  throw new UnexpectedReplyError('it describes another key.');
}

/** @throws UnexpectedReplyError where `kid` is not the URL of one of the keystore's keys */
export function assertIsOfKeystore(kid: string, keystoreId: string): void {
  try {
    if (parseKeyReference(kid, keystoreId).keyId === kid) return;
  } catch {
    // As below.
  }
  throw new UnexpectedReplyError('it names a key of somewhere else.');
}
