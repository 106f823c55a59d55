import fc from 'fast-check';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import type {KeyDeletion, KeyPolicy, KeyRecord, KeyVersionRecord} from '../../lib/storage/key-record.ts';

type Members = Omit<KeyRecord, 'keystoreId' | 'localKeyId'>;

const text = fc.string({minLength: 1, unit: 'grapheme'});
const bytes = fc.uint8Array({minLength: 1, maxLength: 6000});
const time = fc.maxSafeNat();

const policy: fc.Arbitrary<KeyPolicy> = fc.record(
  {
    allowedOperations: fc.uniqueArray(fc.constantFrom('sign', 'verify', 'rewrap')),
    allowedAlgorithms: fc.uniqueArray(text),
    rotation: fc.record({afterSeconds: fc.nat(), afterUses: fc.nat()}, {requiredKeys: []}),
    exportable: fc.boolean(),
    deletionProtection: fc.boolean(),
    minDeletionWindowSeconds: fc.nat(),
    minVersions: fc.nat(),
    maxVersions: fc.nat(),
    destroyUsableVersions: fc.boolean(),
    minDecryptVersion: fc.nat(),
    usageWindow: fc.record({notBefore: time, notAfter: time}, {requiredKeys: []}),
    maxDataBytes: fc.nat(),
    rate: fc.record({uses: fc.nat(), perSeconds: fc.nat()}),
  },
  {requiredKeys: []},
);
/** Any names, also those that objects have from elsewhere, and those that look like indexes. */
const tags: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .dictionary(fc.oneof(text, fc.constantFrom('name', '__proto__', '10', '9', 'toString')), fc.string(), {
    minKeys: 1,
    noNullPrototype: true,
  })
  // Unique in the keystore.
  .map((each) => (Object.hasOwn(each, 'name') ? {...each, name: generateLocalId()} : each));

const enabledOrDisabled = fc.constantFrom('enabled' as const, 'disabled' as const);
const deletion: fc.Arbitrary<KeyDeletion> = fc.record({
  requestedAt: time,
  destroyAt: time,
  restoresTo: enabledOrDisabled,
});

type Version = Omit<KeyVersionRecord, 'version'>;
const ofAnyVersion = {
  createdAt: time,
  publicKey: bytes,
  certificates: fc.array(bytes, {minLength: 1, maxLength: 3}),
};
const destroyedVersion: fc.Arbitrary<Version> = fc.record(
  {...ofAnyVersion, state: fc.constant('destroyed' as const)},
  {requiredKeys: ['createdAt', 'state']},
);
const usableVersion: fc.Arbitrary<Version> = fc.record(
  {...ofAnyVersion, state: enabledOrDisabled, material: bytes},
  {requiredKeys: ['createdAt', 'state', 'material']},
);
const versionsOf = (version: fc.Arbitrary<Version>): fc.Arbitrary<KeyVersionRecord[]> =>
  fc
    .array(version, {minLength: 1, maxLength: 4})
    .map((versions) => versions.map((each, index) => ({version: index + 1, ...each})));

const ofAnyKey = {
  sequence: fc.maxSafeNat(),
  type: text,
  createdAt: time,
  updatedAt: time,
  origin: fc.constantFrom('generated' as const, 'imported' as const),
  keyOps: fc.uniqueArray(fc.constantFrom('sign' as const, 'verify' as const, 'decrypt' as const), {
    minLength: 1,
  }),
  description: fc.string({unit: 'grapheme'}),
  policy,
  maxCapabilityChainLength: fc.nat(),
  publicAlias: text,
  publicAliasTemplate: text,
};
const ofKeptKey = {
  ...ofAnyKey,
  tags,
  dueAt: time,
  versions: versionsOf(fc.oneof({weight: 3, arbitrary: usableVersion}, destroyedVersion)),
};
const REQUIRED = ['sequence', 'type', 'createdAt', 'updatedAt', 'origin', 'state', 'versions'] as const;

/** Every kind of record that there can be. Nothing of it is sealed under a data key. */
export const arbitraryKey: fc.Arbitrary<Members> = fc.oneof(
  fc.record({...ofKeptKey, state: enabledOrDisabled}, {requiredKeys: [...REQUIRED]}),
  fc.record(
    {...ofKeptKey, state: fc.constant('pendingDeletion' as const), deletion},
    {requiredKeys: [...REQUIRED, 'deletion']},
  ),
  fc.record(
    {...ofAnyKey, state: fc.constant('deleted' as const), deletion, versions: versionsOf(destroyedVersion)},
    {requiredKeys: [...REQUIRED, 'deletion']},
  ),
);
