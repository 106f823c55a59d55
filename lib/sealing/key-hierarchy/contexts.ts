import {encodeFields} from '../encode-fields.ts';

/**
 * The additional data of each level: everything that says where a sealed blob belongs, so that a blob put anywhere
 * else does not open. The versions' numbers are in it as well as their ids: swapped numbers would make an old version
 * the newest.
 */
const DOMAIN = 'webkms key hierarchy v1';

export interface RootKeyContext {
  readonly scope: string;
  readonly rootKeyId: string;
  readonly rootKeyVersionId: string;
  readonly version: number;
  readonly rootWrapperId: string;
}

/** For a root key version sealed by a root wrapper. */
export function rootKeyContext(id: RootKeyContext): Uint8Array {
  return encodeFields([
    DOMAIN,
    'root-key',
    id.scope,
    id.rootKeyId,
    id.rootKeyVersionId,
    id.version,
    id.rootWrapperId,
  ]);
}

export interface DataKeyContext {
  readonly scope: string;
  readonly purpose: string;
  readonly rootKeyId: string;
  readonly rootKeyVersionId: string;
  readonly dataKeyId: string;
  readonly dataKeyVersionId: string;
  readonly version: number;
}

/** For a data key version sealed by a root key version. */
export function dataKeyContext(id: DataKeyContext): Uint8Array {
  const {scope, purpose, rootKeyId, rootKeyVersionId, dataKeyId, dataKeyVersionId, version} = id;
  const fields = [scope, purpose, rootKeyId, rootKeyVersionId, dataKeyId, dataKeyVersionId, version];
  return encodeFields([DOMAIN, 'data-key', ...fields]);
}

export interface DataContext {
  readonly scope: string;
  readonly purpose: string;
  readonly dataKeyId: string;
  readonly dataKeyVersionId: string;
  readonly version: number;
}

/** For what the application seals by a data key version, with the additional data that it gives. */
export function dataContext(id: DataContext, additionalData: Uint8Array): Uint8Array {
  const {scope, purpose, dataKeyId, dataKeyVersionId, version} = id;
  return encodeFields([DOMAIN, 'data', scope, purpose, dataKeyId, dataKeyVersionId, version, additionalData]);
}

/** For what a health check seals by a root wrapper. */
export function probeContext(rootWrapperId: string): Uint8Array {
  return encodeFields([DOMAIN, 'probe', rootWrapperId]);
}

/** For a root wrapper's sealer, sealed by the hierarchy's own scope: `root` is the record that it is kept in. */
export function rootSealerContext(root: {readonly id: string; readonly wrapperKeyId: string}): Uint8Array {
  return encodeFields([DOMAIN, 'root-sealer', root.id, root.wrapperKeyId]);
}
