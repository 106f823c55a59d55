import type {KeyMetadataBody} from '../../schemas/key-metadata.ts';
import type {KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';
import {mapInTurns} from '../turns.ts';
import {formatCertificate} from './certificate-chain.ts';
import type {KeyDefaults} from './key-defaults.ts';
import {formatPolicy} from './key-policy.ts';
import {currentVersion, keyState, operationsOf, versionStatus} from './key-state.ts';
import {KEY_TYPES, type KeyTypeDescriptor, type PublicKeyFormat} from './key-types.ts';
import {keyUrl} from './key-url.ts';
import {keyWarnings} from './key-warnings.ts';
import {formatPublicKey} from './public-key.ts';

/** What there is to know of where a key is kept. */
export interface KeyModuleTraits {
  /** The name that keystores use. */
  readonly kmsModule: string;
  /** Whether it could let the key leave. Absent where the module is not offered now. */
  readonly extractable?: boolean;
}

export interface KeyMetadataOptions {
  readonly record: KeyRecord;
  /** With what its key module does of it. */
  readonly type: KeyTypeDescriptor;
  /** The key module that keeps it; absent: nothing is told of it. */
  readonly module?: KeyModuleTraits | undefined;
  /** By version; of versions that were never counted there is nothing. */
  readonly uses: ReadonlyMap<number, number>;
  readonly defaults: KeyDefaults;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The member `metadata` of a key's description, docs/keys.md: what there is to know of a key, nothing of it secret. */
export async function keyMetadata({
  record,
  type,
  module,
  uses,
  defaults,
  now,
}: KeyMetadataOptions): Promise<KeyMetadataBody> {
  const {keyOps, tags, description, policy, maxCapabilityChainLength, deletion} = record;
  const warnings = keyWarnings({record, type, uses, defaults, now});
  return {
    keyId: keyUrl(record),
    keyType: record.type,
    state: keyState(record, now),
    createdAt: formatTime(record.createdAt),
    updatedAt: formatTime(record.updatedAt),
    origin: record.origin,
    currentVersion: currentVersion(record).version,
    // Long public keys take a while to write, and there may be a thousand.
    versions: await mapInTurns(record.versions, (version) => describeVersion(record, version, type, uses)),
    ...(keyOps && {keyOps: [...keyOps]}),
    operations: [...operationsOf(record, type)],
    ...(module && describeModule(module, type)),
    ...(tags && {tags}),
    ...(description !== undefined && {description}),
    ...(policy && {policy: formatPolicy(policy)}),
    ...(maxCapabilityChainLength !== undefined && {maxCapabilityChainLength}),
    ...(deletion && {
      deletion: {
        requestedAt: formatTime(deletion.requestedAt),
        destroyAt: formatTime(deletion.destroyAt),
      },
    }),
    ...(warnings.length > 0 && {warnings: [...warnings]}),
  };
}

/**
 * What of it they may know who may use the key, but not read: what the key is and can do, and since when. Not what its owners
 * keep about it (tags, description), nor its policy, how it is used, and what is planned for it.
 */
export function usersMetadata(metadata: KeyMetadataBody): KeyMetadataBody {
  const {keyId, keyType, state, createdAt, updatedAt, origin, currentVersion, versions} = metadata;
  const {operations, algorithms, kmsModule} = metadata;
  return {
    ...{keyId, keyType, state, createdAt, updatedAt, origin, currentVersion},
    versions: versions.map(withoutUses),
    operations,
    ...(algorithms && {algorithms}),
    ...(kmsModule !== undefined && {kmsModule}),
  };
}

function withoutUses({
  version,
  createdAt,
  status,
  publicKeyMultibase,
  x5c,
}: KeyMetadataBody['versions'][number]): KeyMetadataBody['versions'][number] {
  return {
    ...{version, createdAt, status},
    ...(publicKeyMultibase !== undefined && {publicKeyMultibase}),
    ...(x5c && {x5c}),
  };
}

function describeModule(
  {kmsModule, extractable}: KeyModuleTraits,
  {signatureAlgorithms = [], encryptionAlgorithms = []}: KeyTypeDescriptor,
): Pick<KeyMetadataBody, 'algorithms' | 'kmsModule' | 'extractable'> {
  const algorithms = [...signatureAlgorithms, ...encryptionAlgorithms];
  return {
    ...(algorithms.length > 0 && {algorithms}),
    kmsModule,
    ...(extractable !== undefined && {extractable}),
  };
}

function describeVersion(
  record: KeyRecord,
  version: KeyVersionRecord,
  type: KeyTypeDescriptor,
  counts: ReadonlyMap<number, number>,
): KeyMetadataBody['versions'][number] {
  const {publicKey, certificates} = version;
  const format = multibaseFormat(type);
  const uses = counts.get(version.version);
  return {
    version: version.version,
    createdAt: formatTime(version.createdAt),
    status: versionStatus(record, version),
    ...(publicKey && format && {publicKeyMultibase: formatPublicKey(format, publicKey)}),
    ...(uses !== undefined && {uses}),
    ...(certificates && {x5c: certificates.map(formatCertificate)}),
  };
}

/** Types that describe keys otherwise have siblings of the same algorithm that describe them so. */
function multibaseFormat({algorithm, publicKey}: KeyTypeDescriptor): PublicKeyFormat | undefined {
  if (publicKey?.member !== 'publicKeyBase58') return publicKey;
  return Object.values(KEY_TYPES).find(
    (type) => type.algorithm === algorithm && type.publicKey?.member === 'publicKeyMultibase',
  )?.publicKey;
}

function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
