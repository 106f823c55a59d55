import {loadSettings} from '../../lib/config/load-settings.ts';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import type {SoftwareKeyModule} from '../../lib/key-modules/software/software-key-module.ts';
import {openKeyManagement} from '../../lib/key-management.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {OWNER} from './population.ts';

export interface KnownKey {
  readonly type: KeyType;
  /** In the `secretForm` of the type. */
  readonly secret: Buffer;
}

/** @returns the URLs of these keys, stored as the server stores those that it makes. */
export async function importKeys(
  environment: Readonly<Record<string, string>>,
  keys: readonly KnownKey[],
): Promise<readonly string[]> {
  const settings = loadSettings({environment});
  const closing = new AsyncDisposableStack();
  const log = createLogger({...settings.log, level: 'silent'});
  try {
    const {requestStores, keyModules} = await openKeyManagement(settings, {log, closing});
    const module = keyModules.get('software') as SoftwareKeyModule;
    const keystoreId = `${settings.baseUrl}/kms/keystores/${generateLocalId()}`;
    await requestStores.keystores.insert(
      {id: keystoreId, sequence: 0, controller: OWNER.did, kmsModule: 'ssm-v1'},
      {creator: OWNER.did, maxPerCreator: 10},
    );
    const urls: string[] = [];
    for (const {type, secret} of keys) {
      const identity = {keystoreId, localKeyId: generateLocalId(), type, version: 1};
      const generated = await module.importKey(identity, Buffer.from(secret));
      const {localKeyId} = identity;
      const createdAt = Date.now();
      await requestStores.keys.insert(
        {
          keystoreId,
          localKeyId,
          type,
          sequence: 0,
          createdAt,
          updatedAt: createdAt,
          origin: 'imported',
          state: 'enabled',
          versions: [{version: 1, createdAt, state: 'enabled', ...generated}],
        },
        {maxPerKeystore: 1000},
      );
      urls.push(`${keystoreId}/keys/${localKeyId}`);
    }
    return urls;
  } finally {
    await closing.disposeAsync();
  }
}

/** As `importKeys`, of keys of one type. */
export function importKnownKeys(
  environment: Readonly<Record<string, string>>,
  secrets: readonly Buffer[],
): Promise<readonly string[]> {
  return importKeys(
    environment,
    secrets.map((secret) => ({type: 'Ed25519VerificationKey2020', secret})),
  );
}
