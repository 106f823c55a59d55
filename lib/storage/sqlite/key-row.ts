import type {KeyRecord, KeyVersionRecord} from '../key-record-store.ts';

/** A key's own columns, as `KEY_COLUMNS` selects them. */
export interface KeyColumns {
  readonly localKeyId: string;
  readonly sequence: number;
  readonly type: string;
  readonly createdAt: number;
  readonly maxCapabilityChainLength: number | null;
  readonly publicAlias: string | null;
  readonly publicAliasTemplate: string | null;
}

/** For a key selected as `r`. */
export const KEY_COLUMNS = `r.local_id AS localKeyId, r.sequence, r.type, r.created_at AS createdAt,
  r.max_capability_chain_length AS maxCapabilityChainLength, r.public_alias AS publicAlias,
  r.public_alias_template AS publicAliasTemplate`;

export interface VersionColumns {
  readonly version: number;
  readonly versionCreatedAt: number;
  readonly publicKey: Uint8Array | null;
  readonly material: Uint8Array;
}

/** For a version selected as `v`. */
export const VERSION_COLUMNS = `v.version, v.created_at AS versionCreatedAt, v.public_key AS publicKey, v.material`;

export function toKeyColumns(record: KeyRecord): KeyColumns {
  const {localKeyId, sequence, type, createdAt} = record;
  const {maxCapabilityChainLength = null, publicAlias = null, publicAliasTemplate = null} = record;
  return {
    localKeyId,
    sequence,
    type,
    createdAt,
    maxCapabilityChainLength,
    publicAlias,
    publicAliasTemplate,
  };
}

export function toVersionColumns(version: KeyVersionRecord): VersionColumns {
  const {publicKey = null, material} = version;
  return {version: version.version, versionCreatedAt: version.createdAt, publicKey, material};
}

function toKeyVersionRecord(row: VersionColumns): KeyVersionRecord {
  return {
    version: row.version,
    createdAt: row.versionCreatedAt,
    ...(row.publicKey && {publicKey: row.publicKey}),
    material: row.material,
  };
}

export function toKeyRecord(
  keystoreId: string,
  row: KeyColumns,
  versions: readonly VersionColumns[],
): KeyRecord {
  const {maxCapabilityChainLength, publicAlias, publicAliasTemplate} = row;
  return {
    keystoreId,
    localKeyId: row.localKeyId,
    sequence: row.sequence,
    type: row.type,
    createdAt: row.createdAt,
    ...(maxCapabilityChainLength !== null && {maxCapabilityChainLength}),
    ...(publicAlias !== null && {publicAlias}),
    ...(publicAliasTemplate !== null && {publicAliasTemplate}),
    versions: versions.map(toKeyVersionRecord),
  };
}
