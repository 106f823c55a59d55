import type {RecordAuthentication} from '../record-authentication.ts';

/** What authenticates a row, as `macColumns` selects it. */
export interface MacColumns {
  readonly mac: Uint8Array;
  readonly macKeyVersionId: string;
}

/**
 * The id of the data key version whose position an expression gives: null where that is, and empty, which no id is, where
 * there is none: the reference was broken behind SQLite's back. Such a row is found, and refused.
 */
export const dataKeyVersionId = (position: string): string =>
  `iif(${position} IS NULL, NULL, coalesce((SELECT id FROM data_key_version WHERE position = ${position}), ''))`;

/** For a table selected as `alias`. */
export const macColumns = (alias: string): string =>
  `${alias}.mac, ${dataKeyVersionId(`${alias}.mac_key_version`)} AS macKeyVersionId`;

export function requireDataKeyVersion(id: string): string {
  if (id === '') throw new TypeError('A row names a data key version that is not stored.');
  return id;
}

export function toAuthentication({mac, macKeyVersionId}: MacColumns): RecordAuthentication {
  return {mac, dataKeyVersionId: requireDataKeyVersion(macKeyVersionId)};
}
