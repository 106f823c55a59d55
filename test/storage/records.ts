import {randomBytes} from 'node:crypto';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import type {RootWrapperRecord, ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import type {KeyRecord} from '../../lib/storage/key-record-store.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import type {Revocation} from '../../lib/storage/revocation-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';

export const ALICE = 'did:key:z6MkAlice';
export const BOB = 'did:key:z6MkBob';
export const CAROL = 'did:key:z6MkCarol';
export const NOW = 1_795_000_000_000;

export const keystoreUrl = (): string => `https://kms.example/kms/keystores/${generateLocalId()}`;

export const makeKeystore = (members: Partial<KeystoreConfig> = {}): KeystoreConfig => ({
  id: keystoreUrl(),
  sequence: 0,
  controller: ALICE,
  kmsModule: 'ssm-v1',
  ...members,
});

/** The config that an update puts in the place of `config`. */
export const next = (config: KeystoreConfig, members: Partial<KeystoreConfig> = {}): KeystoreConfig => ({
  ...config,
  sequence: config.sequence + 1,
  ...members,
});

export const makeKey = (keystoreId: string, members: Partial<KeyRecord> = {}): KeyRecord => ({
  keystoreId,
  localKeyId: generateLocalId(),
  sequence: 0,
  type: 'Ed25519VerificationKey2020',
  createdAt: NOW,
  versions: [{version: 1, createdAt: NOW, publicKey: randomBytes(32), material: randomBytes(93)}],
  ...members,
});

export const makeRevocation = (keystoreId: string, members: Partial<Revocation> = {}): Revocation => ({
  keystoreId,
  delegator: ALICE,
  capabilityId: `urn:uuid:${randomBytes(16).toString('hex')}`,
  expiresAt: NOW + 86_400_000,
  revoker: ALICE,
  revokedAt: NOW,
  ...members,
});

export const makeRootWrapper = (): RootWrapperRecord => ({
  id: `rw_${randomBytes(8).toString('hex')}`,
  uri: 'file:/var/lib/webkms/root.key',
  wrapperKeyId: 'sha256:9f86d081',
  createdAt: NOW,
});

const rootKeyVersion = (rootWrapperId: string, version: number) => ({
  id: `krkv_${randomBytes(8).toString('hex')}`,
  version,
  createdAt: NOW + version,
  sealed: [{rootWrapperId, blob: randomBytes(61)}],
});

const dataKeyVersion = (rootKeyVersionId: string, version: number) => ({
  id: `kdkv_${randomBytes(8).toString('hex')}`,
  version,
  createdAt: NOW + version,
  rootKeyVersionId,
  blob: randomBytes(61),
});

/** Two root key versions and two data keys, one of which has a version under each root key version. */
export function makeScope(rootWrapperId: string, scope = keystoreUrl()): ScopeKeysRecord {
  const [first, second] = [rootKeyVersion(rootWrapperId, 1), rootKeyVersion(rootWrapperId, 2)];
  const dataKey = (purpose: string, sealedUnder: readonly string[]) => ({
    id: `kdk_${randomBytes(8).toString('hex')}`,
    purpose,
    versions: sealedUnder.map((id, index) => dataKeyVersion(id, index + 1)),
  });
  return {
    scope,
    rootKeyId: `krk_${randomBytes(8).toString('hex')}`,
    rootKeyVersions: [first, second],
    dataKeys: [dataKey('key-material', [first.id, second.id]), dataKey('other', [second.id])],
  };
}

/** Stores a keystore of `creator`, without a quota. */
export async function insertKeystore(
  stores: Stores,
  members: Partial<KeystoreConfig> = {},
  creator = ALICE,
): Promise<KeystoreConfig> {
  const config = makeKeystore(members);
  await stores.keystores.insert(config, {creator, maxPerCreator: 1000});
  return config;
}

/** Stores a key, without a quota. */
export async function insertKey(
  stores: Stores,
  keystoreId: string,
  members: Partial<KeyRecord> = {},
): Promise<KeyRecord> {
  const record = makeKey(keystoreId, members);
  await stores.keys.insert(record, {maxPerKeystore: 1000});
  return record;
}
