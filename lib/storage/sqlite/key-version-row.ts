import type {KeyVersionRecord, StoredVersionState} from '../key-record.ts';
import {formatCertificates, parseCertificates} from '../key-json.ts';
import {dataKeyVersionId, requireDataKeyVersion} from './mac-columns.ts';

export interface VersionColumns {
  readonly version: number;
  readonly versionCreatedAt: number;
  readonly versionState: StoredVersionState;
  readonly publicKey: Uint8Array | null;
  readonly material: Uint8Array | null;
  /** JSON. */
  readonly certificates: string | null;
}

/** As VERSION_COLUMNS selects them. */
export type SealedVersionColumns = VersionColumns & {readonly dataKeyVersionId: string | null};

/** For a version selected as `v`. */
export const VERSION_COLUMNS = `v.version, v.created_at AS versionCreatedAt, v.state AS versionState,
  v.public_key AS publicKey, v.material, v.certificates, ${dataKeyVersionId('v.data_key_version')} AS dataKeyVersionId`;

export function toVersionColumns(record: KeyVersionRecord): VersionColumns {
  const {version, createdAt, state, publicKey = null, material = null, certificates} = record;
  return {
    version,
    versionCreatedAt: createdAt,
    versionState: state,
    publicKey,
    material,
    certificates: formatCertificates(certificates),
  };
}

export function toKeyVersionRecord(row: SealedVersionColumns): KeyVersionRecord {
  const {publicKey, material, certificates} = row;
  return {
    version: row.version,
    createdAt: row.versionCreatedAt,
    state: row.versionState,
    ...(publicKey && {publicKey}),
    ...(material && {material}),
    ...(row.dataKeyVersionId !== null && {dataKeyVersionId: requireDataKeyVersion(row.dataKeyVersionId)}),
    ...(certificates !== null && {certificates: parseCertificates(certificates)}),
  };
}
