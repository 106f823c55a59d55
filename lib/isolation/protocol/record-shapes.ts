import type {IpcClient} from '../../admin/ipc-client.ts';
import {keyOperation} from '../../../schemas/key-metadata.ts';
import type {
  KeyDeletion,
  KeyOperation,
  KeyPolicy,
  KeyRecord,
  KeyUse,
  KeyVersionRecord,
} from '../../storage/key-record.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import type {Authenticated, RecordAuthentication} from '../../storage/record-authentication.ts';
import {
  boolean,
  bytes,
  count,
  dictionary,
  either,
  fields,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
  type Members,
  type Shape,
} from '../../rpc/shape.ts';

export const authentication = object<RecordAuthentication>({mac: bytes, dataKeyVersionId: text});

const keystoreMembers: Members<KeystoreConfig> = {
  id: text,
  sequence: count,
  controller: either(list(text), text, Array.isArray),
  kmsModule: text,
  meterId: optional(text),
  ipAllowList: optional(list(text)),
};

export const keystoreConfig = object<KeystoreConfig>(keystoreMembers);

export const storedKeystore: Shape<Authenticated<KeystoreConfig>> = object<Authenticated<KeystoreConfig>>({
  ...keystoreMembers,
  authentication,
});

const OPERATIONS: readonly KeyOperation[] = keyOperation.enum;
const USES: readonly KeyUse[] = [...OPERATIONS, 'rewrap', 'generateDataKey'];

const policy = object<KeyPolicy>({
  allowedOperations: optional(list(oneOf(...USES))),
  allowedAlgorithms: optional(list(text)),
  rotation: optional(fields({afterSeconds: optional(integer), afterUses: optional(integer)})),
  exportable: optional(boolean),
  deletionProtection: optional(boolean),
  minDeletionWindowSeconds: optional(integer),
  minVersions: optional(integer),
  maxVersions: optional(integer),
  destroyUsableVersions: optional(boolean),
  minDecryptVersion: optional(integer),
  usageWindow: optional(fields({notBefore: optional(integer), notAfter: optional(integer)})),
  maxDataBytes: optional(integer),
  rate: optional(fields({uses: integer, perSeconds: integer})),
});

const version = object<KeyVersionRecord>({
  version: count,
  createdAt: integer,
  state: oneOf('enabled', 'disabled', 'destroyed'),
  publicKey: optional(bytes),
  material: optional(bytes),
  dataKeyVersionId: optional(text),
  certificates: optional(list(bytes)),
});

export const storedKey: Shape<Authenticated<KeyRecord>> = object<Authenticated<KeyRecord>>({
  keystoreId: text,
  localKeyId: text,
  sequence: count,
  type: text,
  createdAt: integer,
  updatedAt: integer,
  origin: oneOf('generated', 'imported'),
  state: oneOf('enabled', 'disabled', 'pendingDeletion', 'deleted'),
  deletion: optional(
    object<KeyDeletion>({requestedAt: integer, destroyAt: integer, restoresTo: oneOf('enabled', 'disabled')}),
  ),
  keyOps: optional(list(oneOf(...OPERATIONS))),
  tags: optional(dictionary(text)),
  description: optional(text),
  policy: optional(policy),
  dueAt: optional(integer),
  maxCapabilityChainLength: optional(integer),
  publicAlias: optional(text),
  publicAliasTemplate: optional(text),
  versions: list(version),
  authentication,
});

export const ipcClient = object<IpcClient>({
  name: text,
  did: text,
  serverKey: text,
  keystoreId: text,
  keys: optional(list(text)),
  actions: optional(list(text)),
  buildKey: optional(text),
  revokedBuilds: optional(list(text)),
});
