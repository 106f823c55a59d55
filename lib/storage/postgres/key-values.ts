import {toKeyColumns} from '../key-columns.ts';
import type {KeyRecord, KeyVersionRecord} from '../key-record.ts';
import {toVersionColumns} from '../key-version-columns.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {DataKeyVersionPositions} from './data-key-versions.ts';

type Scalar = string | number | Uint8Array | null;

/** How many values statements take of a key, with its place, and of a version. */
export const KEY_WIDTH = 22;
export const VERSION_WIDTH = 8;

/** A key's members in the order in which statements take them, without its place. */
export function toKeyValues(
  record: Authenticated<KeyRecord>,
  dataKeyVersions: DataKeyVersionPositions,
): readonly Scalar[] {
  const columns = toKeyColumns(record);
  const {localKeyId, sequence, type, createdAt, updatedAt, origin, state} = columns;
  const {requestedAt, destroyAt, restoresTo, keyOps, tags, policy, description, dueAt} = columns;
  const {mac, dataKeyVersionId} = record.authentication;
  return [
    ...[localKeyId, sequence, type, createdAt, updatedAt, origin, state],
    ...[requestedAt, destroyAt, restoresTo, keyOps, tags, policy, description, dueAt],
    ...[columns.maxCapabilityChainLength, columns.publicAlias, columns.publicAliasTemplate],
    ...[record.tags?.['name'] ?? null, mac, dataKeyVersions.of(dataKeyVersionId)],
  ];
}

/** A version of the key at a position, as statements take it. */
export function toVersionValues(
  key: number,
  record: KeyVersionRecord,
  dataKeyVersions: DataKeyVersionPositions,
): readonly Scalar[] {
  const {version, versionCreatedAt, versionState, publicKey, material, certificates} =
    toVersionColumns(record);
  const dataKeyVersion = dataKeyVersions.of(record.dataKeyVersionId);
  return [key, version, versionCreatedAt, versionState, publicKey, material, dataKeyVersion, certificates];
}

/** Rows of values → a list for each column, `width` of them also where there are no rows. */
export const toLists = (rows: readonly (readonly Scalar[])[], width: number): Scalar[][] =>
  Array.from({length: width}, (_, column) => rows.map((row) => row[column] ?? null));

/** Ids of all data key versions that a record names. */
export const dataKeyVersionIdsOf = ({
  authentication,
  versions,
}: Authenticated<KeyRecord>): readonly (string | undefined)[] => [
  authentication.dataKeyVersionId,
  ...versions.map(({dataKeyVersionId}) => dataKeyVersionId),
];
