import type {KeyRecord, KeyVersionRecord} from '../key-record.ts';
import type {Authenticated} from '../record-authentication.ts';
import {
  dataKeyVersionId,
  type MacColumns,
  macColumns,
  requireDataKeyVersion,
  toAuthentication,
} from './mac-columns.ts';

/** A key's own columns. */
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
  r.public_alias_template AS publicAliasTemplate, ${macColumns('r')}`;

/** As KEY_COLUMNS selects them. */
export type AuthenticatedKeyColumns = KeyColumns & MacColumns;

export interface VersionColumns {
  readonly version: number;
  readonly versionCreatedAt: number;
  readonly publicKey: Uint8Array | null;
  readonly material: Uint8Array;
}

/** As VERSION_COLUMNS selects them. */
export type SealedVersionColumns = VersionColumns & {readonly dataKeyVersionId: string | null};

/** For a version selected as `v`. */
export const VERSION_COLUMNS = `v.version, v.created_at AS versionCreatedAt, v.public_key AS publicKey, v.material,
  ${dataKeyVersionId('v.data_key_version')} AS dataKeyVersionId`;

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

function toKeyVersionRecord(row: SealedVersionColumns): KeyVersionRecord {
  return {
    version: row.version,
    createdAt: row.versionCreatedAt,
    ...(row.publicKey && {publicKey: row.publicKey}),
    material: row.material,
    ...(row.dataKeyVersionId !== null && {dataKeyVersionId: requireDataKeyVersion(row.dataKeyVersionId)}),
  };
}

export function toKeyRecord(
  keystoreId: string,
  row: AuthenticatedKeyColumns,
  versions: readonly SealedVersionColumns[],
): Authenticated<KeyRecord> {
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
    authentication: toAuthentication(row),
  };
}
