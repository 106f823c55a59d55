import {type AuthenticatedKeyColumns, toKeyRecord} from '../key-columns.ts';
import type {KeyRecord} from '../key-record.ts';
import type {SealedVersionColumns} from '../key-version-columns.ts';
import type {Authenticated} from '../record-authentication.ts';
import {bytes, bytesOrNull, integer, integerOrNull, oneOf, type Row, text, textOrNull} from './row.ts';

const ORIGINS = ['generated', 'imported'] as const;
const STATES = ['enabled', 'disabled', 'pendingDeletion', 'deleted'] as const;
const RESTORED_STATES = ['enabled', 'disabled'] as const;
const VERSION_STATES = ['enabled', 'disabled', 'destroyed'] as const;

const readColumns = (row: Row): AuthenticatedKeyColumns => ({
  localKeyId: text(row, 'localKeyId'),
  sequence: integer(row, 'sequence'),
  type: text(row, 'type'),
  createdAt: integer(row, 'createdAt'),
  updatedAt: integer(row, 'updatedAt'),
  origin: oneOf(row, 'origin', ORIGINS),
  state: oneOf(row, 'state', STATES),
  requestedAt: integerOrNull(row, 'requestedAt'),
  destroyAt: integerOrNull(row, 'destroyAt'),
  restoresTo: row['restoresTo'] === null ? null : oneOf(row, 'restoresTo', RESTORED_STATES),
  keyOps: textOrNull(row, 'keyOps'),
  tags: textOrNull(row, 'tags'),
  policy: textOrNull(row, 'policy'),
  description: textOrNull(row, 'description'),
  dueAt: integerOrNull(row, 'dueAt'),
  maxCapabilityChainLength: integerOrNull(row, 'maxCapabilityChainLength'),
  publicAlias: textOrNull(row, 'publicAlias'),
  publicAliasTemplate: textOrNull(row, 'publicAliasTemplate'),
  mac: bytes(row, 'mac'),
  macKeyVersionId: text(row, 'macKeyVersionId'),
});

const readVersion = (row: Row): SealedVersionColumns => ({
  version: integer(row, 'version'),
  versionCreatedAt: integer(row, 'versionCreatedAt'),
  versionState: oneOf(row, 'versionState', VERSION_STATES),
  publicKey: bytesOrNull(row, 'publicKey'),
  material: bytesOrNull(row, 'material'),
  certificates: textOrNull(row, 'certificates'),
  dataKeyVersionId: textOrNull(row, 'dataKeyVersionId'),
});

/** @param rows with KEY_COLUMNS and VERSION_COLUMNS, one for each version, in their order */
export function readKey(
  keystoreId: string,
  rows: readonly [Row, ...(readonly Row[])],
): Authenticated<KeyRecord> {
  return toKeyRecord(keystoreId, readColumns(rows[0]), rows.map(readVersion));
}

/** @returns undefined where there are no rows */
export function readOneKey(keystoreId: string, rows: readonly Row[]): Authenticated<KeyRecord> | undefined {
  const [first, ...others] = rows;
  return first && readKey(keystoreId, [first, ...others]);
}
