import {dataKeyVersionId} from './mac-columns.ts';

/** For a version selected as `v`. */
export const VERSION_COLUMNS = `v.version, v.created_at AS versionCreatedAt, v.state AS versionState,
  v.public_key AS publicKey, v.material, v.certificates, ${dataKeyVersionId('v.data_key_version')} AS dataKeyVersionId`;
