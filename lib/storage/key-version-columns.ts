import type {KeyVersionRecord, StoredVersionState} from './key-record.ts';
import {formatCertificates, parseCertificates} from './key-json.ts';
import {requireDataKeyVersion} from './mac-columns.ts';

export interface VersionColumns {
  readonly version: number;
  readonly versionCreatedAt: number;
  readonly versionState: StoredVersionState;
  readonly publicKey: Uint8Array | null;
  readonly material: Uint8Array | null;
  /** JSON. */
  readonly certificates: string | null;
}

/** Empty where the reference was broken behind the database's back. */
export type SealedVersionColumns = VersionColumns & {readonly dataKeyVersionId: string | null};

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
