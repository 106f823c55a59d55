import {createHash, randomBytes} from 'node:crypto';
import type {RootWrapperRecord, ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import type {RecordAuthentication} from '../../lib/storage/record-authentication.ts';
import type {Stores} from '../../lib/storage/stores.ts';

const CREATED_AT = 1_795_000_000_000;

/** The ids of a keystore's data key versions can be told from its URL: records name them before they are stored. */
const idOf = (prefix: string, keystoreId: string, ...path: (string | number)[]): string =>
  `${prefix}_${createHash('sha256').update(keystoreId).digest('hex').slice(0, 16)}_${path.join('_')}`;

export const macKeyVersion = (keystoreId: string, version = 1): string =>
  idOf('kdkv', keystoreId, 'record-mac', version);

export const materialKeyVersion = (keystoreId: string, version = 1): string =>
  idOf('kdkv', keystoreId, 'key-material', version);

export const makeAuthentication = (keystoreId: string, version = 1): RecordAuthentication => ({
  mac: randomBytes(61),
  dataKeyVersionId: macKeyVersion(keystoreId, version),
});

/** A keystore's keys: one version of the root key, two versions of each data key. */
export function makeKeystoreScope(rootWrapperIds: readonly string[], keystoreId: string): ScopeKeysRecord {
  const rootKeyVersionId = idOf('krkv', keystoreId, 1);
  const dataKey = (purpose: string) => ({
    id: idOf('kdk', keystoreId, purpose),
    purpose,
    versions: [1, 2].map((version) => ({
      id: idOf('kdkv', keystoreId, purpose, version),
      version,
      createdAt: CREATED_AT + version,
      rootKeyVersionId,
      blob: randomBytes(61),
    })),
  });
  const sealed = rootWrapperIds.map((rootWrapperId) => ({rootWrapperId, blob: randomBytes(61)}));
  return {
    scope: keystoreId,
    rootKeyId: idOf('krk', keystoreId),
    rootKeyVersions: [{id: rootKeyVersionId, version: 1, createdAt: CREATED_AT, sealed}],
    dataKeys: [dataKey('key-material'), dataKey('record-mac')],
  };
}

const ROOT_WRAPPER: RootWrapperRecord = {
  id: 'rw_of_keystores',
  uri: 'file:/var/lib/webkms/root.key',
  wrapperKeyId: 'sha256:4bf5122f',
  createdAt: CREATED_AT,
  state: 'active',
};

/** Stores the keys that a keystore's records name, under the roots that there are. */
export async function insertKeystoreScope({keyHierarchy}: Stores, keystoreId: string): Promise<void> {
  await keyHierarchy.insertFirstRootWrapper(ROOT_WRAPPER);
  const roots = (await keyHierarchy.listRootWrappers()).filter(({state}) => state !== 'retiring');
  await keyHierarchy.insertScope(
    makeKeystoreScope(
      roots.map(({id}) => id),
      keystoreId,
    ),
  );
}
