import {randomBytes} from 'node:crypto';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import type {RootWrapperRecord, ScopeKeysRecord} from '../../lib/storage/key-hierarchy-store.ts';
import type {KeyRecord, KeyVersionRecord} from '../../lib/storage/key-record.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import type {Revocation} from '../../lib/storage/revocation-store.ts';
import type {Authenticated} from '../../lib/storage/record-authentication.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {insertKeystoreScope, makeAuthentication, materialKeyVersion} from './keystore-scope.ts';

export const ALICE = 'did:key:z6MkAlice';
export const BOB = 'did:key:z6MkBob';
export const CAROL = 'did:key:z6MkCarol';
export const NOW = 1_795_000_000_000;

export const keystoreUrl = (): string => `https://kms.example/kms/keystores/${generateLocalId()}`;

/** It names keys that are to be stored first: see insertKeystoreScope. */
export function makeKeystore(members: Partial<KeystoreConfig> = {}): Authenticated<KeystoreConfig> {
  const {id = keystoreUrl()} = members;
  const authentication = makeAuthentication(id);
  return {id, sequence: 0, controller: ALICE, kmsModule: 'ssm-v1', ...members, authentication};
}

/** The config that an update puts in the place of `config`. */
export const next = (
  config: Authenticated<KeystoreConfig>,
  members: Partial<KeystoreConfig> = {},
): Authenticated<KeystoreConfig> => ({
  ...config,
  sequence: config.sequence + 1,
  ...members,
  authentication: makeAuthentication(config.id, 2),
});

export const makeKey = (keystoreId: string, members: Partial<KeyRecord> = {}): Authenticated<KeyRecord> => ({
  keystoreId,
  localKeyId: generateLocalId(),
  sequence: 0,
  type: 'Ed25519VerificationKey2020',
  createdAt: NOW,
  updatedAt: NOW,
  origin: 'generated',
  state: 'enabled',
  versions: [
    {
      version: 1,
      createdAt: NOW,
      state: 'enabled',
      publicKey: randomBytes(32),
      material: randomBytes(93),
      dataKeyVersionId: materialKeyVersion(keystoreId),
    },
  ],
  ...members,
  authentication: makeAuthentication(keystoreId),
});

/** The record that an update puts in the place of `record`. */
export const changed = (
  record: Authenticated<KeyRecord>,
  members: Partial<KeyRecord> = {},
): Authenticated<KeyRecord> => ({
  ...record,
  sequence: record.sequence + 1,
  updatedAt: record.updatedAt + 1,
  ...members,
  authentication: makeAuthentication(record.keystoreId),
});

export function without<T extends object, K extends keyof T>(value: T, ...members: readonly K[]): Omit<T, K> {
  const kept = Object.entries(value).filter(([name]) => !members.includes(name as K));
  return Object.fromEntries(kept) as Omit<T, K>;
}

export const withoutMaterial = (version: KeyVersionRecord): KeyVersionRecord => ({
  ...without(version, 'material', 'dataKeyVersionId'),
  state: 'destroyed',
});

/** What is left of a key when its material has been erased. */
export const tombstone = (record: Authenticated<KeyRecord>): Authenticated<KeyRecord> =>
  changed(without(record, 'tags', 'policy', 'description', 'dueAt'), {
    state: 'deleted',
    deletion: {requestedAt: NOW, destroyAt: NOW + 1, restoresTo: 'enabled'},
    versions: record.versions.map(withoutMaterial),
  });

/** The record in its place, sealed and authenticated under version 2 of the keystore's data keys. */
export const resealed = (record: KeyRecord): Authenticated<KeyRecord> => ({
  ...record,
  sequence: record.sequence + 1,
  versions: record.versions.map((version) => ({
    ...version,
    material: randomBytes(93),
    dataKeyVersionId: materialKeyVersion(record.keystoreId, 2),
  })),
  authentication: makeAuthentication(record.keystoreId, 2),
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

export const makeRootWrapper = (members: Partial<RootWrapperRecord> = {}): RootWrapperRecord => ({
  id: `rw_${randomBytes(8).toString('hex')}`,
  uri: 'file:/var/lib/webkms/root.key',
  wrapperKeyId: `sha256:${randomBytes(4).toString('hex')}`,
  createdAt: NOW,
  state: 'active',
  ...members,
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

/** Stores a keystore of `creator`, with its keys, without a quota. */
export async function insertKeystore(
  stores: Stores,
  members: Partial<KeystoreConfig> = {},
  creator = ALICE,
): Promise<Authenticated<KeystoreConfig>> {
  const config = makeKeystore(members);
  await insertKeystoreScope(stores, config.id);
  await stores.keystores.insert(config, {creator, maxPerCreator: Number.MAX_SAFE_INTEGER});
  return config;
}

/** Stores a key, without a quota. */
export async function insertKey(
  stores: Stores,
  keystoreId: string,
  members: Partial<KeyRecord> = {},
): Promise<Authenticated<KeyRecord>> {
  const record = makeKey(keystoreId, members);
  await stores.keys.insert(record, {maxPerKeystore: Number.MAX_SAFE_INTEGER});
  return record;
}
