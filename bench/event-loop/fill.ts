import {pino} from 'pino';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {openKeyManagement, type KeyManagement} from '../../lib/key-management.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {OWNER} from '../../test/demonstrations/population.ts';
import {controller} from '../../test/support/did-key.ts';
import {storeKey} from '../../test/support/stored-key.ts';

/** URLs. */
export interface Filled {
  /** A keystore with a page of the largest keys, and of revocations. */
  readonly large: string;
  /** A page of keystores is this controller's. */
  readonly lister: typeof OWNER;
  /** Keys with as many versions as a key may have. */
  readonly manyVersions: {readonly signing: string; readonly encrypting: string; readonly wrapping: string};
  readonly manyVersionsKeystore: string;
}

const PAGE = 1000;
const LISTER = controller('event loop: has many keystores');
const LARGEST: KeyType = 'urn:webkms:multikey:ML-DSA-87';

async function makeKeystore({settings, requestStores}: KeyManagement, owner: string): Promise<string> {
  const id = `${settings.baseUrl}/kms/keystores/${generateLocalId()}`;
  const config = {id, sequence: 0, controller: owner, kmsModule: 'software'};
  await requestStores.keystores.insert(config, {creator: owner, maxPerCreator: PAGE});
  return id;
}

/** Puts into a store what a server would have taken long to be asked for. */
export async function fill(environment: Readonly<Record<string, string>>): Promise<Filled> {
  await using closing = new AsyncDisposableStack();
  const settings = loadSettings({environment});
  const management = await openKeyManagement(settings, {log: pino({level: 'error'}), closing});
  const large = await makeKeystore(management, OWNER.did);
  for (let index = 0; index < PAGE; index++) {
    await storeKey(management, {keystoreId: large, type: LARGEST, versions: 1});
    await makeKeystore(management, LISTER.did);
    await management.requestStores.revocations.insert(
      {
        ...{keystoreId: large, delegator: OWNER.did, capabilityId: `urn:uuid:${crypto.randomUUID()}`},
        ...{expiresAt: Date.now() + 86_400_000, revoker: OWNER.did, revokedAt: Date.now()},
      },
      {},
    );
  }
  const keystoreId = await makeKeystore(management, OWNER.did);
  const withVersions = (type: KeyType): Promise<string> =>
    storeKey(management, {keystoreId, type, versions: 1000});
  const manyVersions = {
    signing: await withVersions(LARGEST),
    encrypting: await withVersions('urn:webkms:symmetric:AES-256-GCM'),
    wrapping: await withVersions('AesKeyWrappingKey2019'),
  };
  return {large, lister: LISTER, manyVersions, manyVersionsKeystore: keystoreId};
}
