import type {KeyDefaults} from '../../lib/keys/key-defaults.ts';
import type {GeneratedVersion} from '../../lib/keys/key-changes.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {initialRecord, type NewKeyMembers} from '../../lib/keys/new-key.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';

/** When the keys of these tests are made. */
export const T0 = Date.parse('2026-11-22T07:30:00Z');
export const DAY_MS = 86_400_000;

/** Suggestions of nothing. */
export const NO_DEFAULTS: KeyDefaults = {
  enforced: false,
  deletionWindowSeconds: 2_592_000,
  minDeletionWindowSeconds: 60,
};

let made = 0;

/** What a module might make: no two alike. */
export function generated(type: KeyType): GeneratedVersion {
  const format = KEY_TYPES[type].publicKey;
  made += 1;
  return {
    material: Buffer.from(`material ${made}`),
    dataKeyVersionId: 'z1DataKeyVersion',
    ...(format && {publicKey: Buffer.alloc(format.length, made)}),
  };
}

/** A key that was made at T0. */
export function newRecord(
  members: NewKeyMembers = {},
  type: KeyType = 'urn:webkms:symmetric:AES-256-GCM',
): KeyRecord {
  const identity = {
    keystoreId: 'https://localhost:9443/kms/keystores/z1A',
    localKeyId: 'z1B',
    type: KEY_TYPES[type],
    origin: 'generated' as const,
  };
  return initialRecord(identity, members, generated(type), T0);
}
