import {hkdfSync} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {AesGcmKey} from '../../lib/sealing/aes-gcm-key.ts';
import {dataKeyContext} from '../../lib/sealing/key-hierarchy/contexts.ts';
import {openRootKeyBytes} from '../../lib/sealing/key-hierarchy/root-access.ts';
import {dataKeyIdentity} from '../../lib/sealing/key-hierarchy/scope-record.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';

/** What `LocalRootWrapper` makes of a root's secret. */
const USES = ['seal', 'sealer x25519', 'sealer authentication'];

export interface NamedKey {
  readonly name: string;
  readonly bytes: Buffer;
}

/** All that the server has above private keys, as the operator of the root key file can: the root, what is made of it, root keys, data keys. */
export async function keysAbove(dataDir: string): Promise<readonly NamedKey[]> {
  const path = join(dataDir, 'root.key');
  const root = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
  const keys = USES.map((use) => ({
    name: `root: ${use}`,
    bytes: Buffer.from(hkdfSync('sha256', root, '', `webkms file wrapper v1: ${use}`, 32)),
  }));
  const wrapper = await FileWrapper.open(`file:${path}`);
  const stores = await SqliteStores.open({path: join(dataDir, 'webkms.db')});
  const {keyHierarchy} = stores;
  const [record] = await keyHierarchy.listRootWrappers();
  const {results: scopes} = await keyHierarchy.listScopes({limit: 100});
  for (const name of scopes) {
    const scope = await keyHierarchy.findScope(name);
    if (!record || !scope) throw new Error('The store has changed meanwhile.');
    const rootKeys = new Map<string, AesGcmKey>();
    for (const version of scope.rootKeyVersions) {
      const bytes = await openRootKeyBytes(scope, version, [{id: record.id, wrapper}]);
      keys.push({name: 'root key', bytes: Buffer.from(bytes)});
      rootKeys.set(version.id, new AesGcmKey(version.id, bytes));
    }
    for (const dataKey of scope.dataKeys) {
      for (const version of dataKey.versions) {
        const context = dataKeyContext(dataKeyIdentity(scope, dataKey, version));
        const bytes = rootKeys.get(version.rootKeyVersionId)?.open(version.blob, context) ?? [];
        keys.push({name: `data key: ${dataKey.purpose}`, bytes: Buffer.from(bytes)});
      }
    }
  }
  await wrapper.close();
  await stores.close();
  return [{name: 'root', bytes: root}, ...keys];
}
