/**
 * The id of the data key version whose position an expression gives: null where that is, and empty, which no id is, where
 * there is none: the reference was broken behind the database's back. Such a row is found, and refused.
 */
const dataKeyVersionId = (position: string): string =>
  `CASE WHEN ${position} IS NOT NULL
    THEN coalesce((SELECT id FROM data_key_version WHERE position = ${position}), '') END`;

/** In the row of a key's first version alone: a key of a thousand versions would be sent a thousand times over. */
const inFirstRow = (column: string): string => `CASE WHEN v.version = 1 THEN r.${column} END`;

/** For a keystore selected as `k`. */
export const KEYSTORE_COLUMNS = `k.id AS "keystoreId", k.sequence AS "keystoreSequence", k.controller, k.controllers,
  k.kms_module AS "kmsModule", k.meter_id AS "meterId", k.ip_allow_list AS "ipAllowList",
  k.mac AS "keystoreMac", ${dataKeyVersionId('k.mac_key_version')} AS "keystoreMacKeyVersionId"`;

/** For a key selected as `r`, joined with its versions as `v`: whole in the first row, which is that of version 1. */
export const KEY_COLUMNS = `r.local_id AS "localKeyId", r.sequence, r.type, r.created_at AS "createdAt",
  r.updated_at AS "updatedAt", r.origin, r.state, r.deletion_requested_at AS "requestedAt", r.destroy_at AS "destroyAt",
  r.restores_to AS "restoresTo", r.key_ops AS "keyOps", ${inFirstRow('tags')} AS tags, ${inFirstRow('policy')} AS policy,
  ${inFirstRow('description')} AS description, r.due_at AS "dueAt",
  r.max_capability_chain_length AS "maxCapabilityChainLength", ${inFirstRow('public_alias')} AS "publicAlias",
  ${inFirstRow('public_alias_template')} AS "publicAliasTemplate", ${inFirstRow('mac')} AS mac,
  CASE WHEN v.version = 1 THEN ${dataKeyVersionId('r.mac_key_version')} END AS "macKeyVersionId"`;

/** For a version selected as `v`. */
export const VERSION_COLUMNS = `v.version, v.created_at AS "versionCreatedAt", v.state AS "versionState",
  v.public_key AS "publicKey", v.material, v.certificates, ${dataKeyVersionId('v.data_key_version')} AS "dataKeyVersionId"`;
