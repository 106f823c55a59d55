/**
 * The id of the data key version whose position an expression gives: null where that is, and empty, which no id is, where
 * there is none: the reference was broken behind SQLite's back. Such a row is found, and refused.
 */
export const dataKeyVersionId = (position: string): string =>
  `iif(${position} IS NULL, NULL, coalesce((SELECT id FROM data_key_version WHERE position = ${position}), ''))`;

/** For a table selected as `alias`. */
export const macColumns = (alias: string): string =>
  `${alias}.mac, ${dataKeyVersionId(`${alias}.mac_key_version`)} AS macKeyVersionId`;
