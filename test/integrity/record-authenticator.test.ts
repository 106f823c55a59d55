import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {UnavailableError} from '../../lib/errors.ts';
import {RecordAuthenticator} from '../../lib/integrity/record-authenticator.ts';
import {TamperedRecordError} from '../../lib/integrity/tampered-record-error.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import {SealedBlobError} from '../../lib/sealing/wrapper.ts';
import type {KeyPolicy, KeyRecord, KeyVersionRecord} from '../../lib/storage/key-record.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import type {Authenticated} from '../../lib/storage/record-authentication.ts';
import {MemoryWrappers} from '../key-modules/memory-wrappers.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';

const text = fc.string({unit: 'grapheme', minLength: 0, maxLength: 8});
const bytes = fc.uint8Array({minLength: 1, maxLength: 8});
const count = fc.nat(5);
const texts = fc.array(text, {maxLength: 3});

/** Every member there is: a member that a record gains does not compile until it is here. */
type Members<T> = {readonly [K in keyof Required<T>]: fc.Arbitrary<T[K] | undefined>};

const POLICY: Members<KeyPolicy> = {
  allowedOperations: fc.option(fc.subarray(['sign', 'rewrap'] as const), {nil: undefined}),
  allowedAlgorithms: fc.option(texts, {nil: undefined}),
  rotation: fc.option(fc.record({afterSeconds: count, afterUses: count}, {requiredKeys: []}), {
    nil: undefined,
  }),
  exportable: fc.option(fc.boolean(), {nil: undefined}),
  deletionProtection: fc.option(fc.boolean(), {nil: undefined}),
  minDeletionWindowSeconds: fc.option(count, {nil: undefined}),
  minVersions: fc.option(count, {nil: undefined}),
  maxVersions: fc.option(count, {nil: undefined}),
  destroyUsableVersions: fc.option(fc.boolean(), {nil: undefined}),
  minDecryptVersion: fc.option(count, {nil: undefined}),
  usageWindow: fc.option(fc.record({notBefore: count, notAfter: count}, {requiredKeys: []}), {
    nil: undefined,
  }),
  maxDataBytes: fc.option(count, {nil: undefined}),
  rate: fc.option(fc.record({uses: count, perSeconds: count}), {nil: undefined}),
};
const policy = record<KeyPolicy>(POLICY);
const KEYSTORE: Members<KeystoreConfig> = {
  id: text,
  sequence: count,
  controller: fc.oneof(text, texts),
  kmsModule: text,
  meterId: fc.option(text, {nil: undefined}),
  ipAllowList: fc.option(texts, {nil: undefined}),
};
const VERSION: Members<KeyVersionRecord> = {
  version: count,
  createdAt: count,
  state: fc.constantFrom('enabled', 'disabled', 'destroyed'),
  publicKey: fc.option(bytes, {nil: undefined}),
  material: fc.option(bytes, {nil: undefined}),
  dataKeyVersionId: fc.option(text, {nil: undefined}),
  certificates: fc.option(fc.array(bytes, {maxLength: 3}), {nil: undefined}),
};
const KEY: Members<KeyRecord> = {
  keystoreId: text,
  localKeyId: text,
  sequence: count,
  type: text,
  createdAt: count,
  updatedAt: count,
  origin: fc.constantFrom('generated', 'imported'),
  state: fc.constantFrom('enabled', 'disabled', 'pendingDeletion', 'deleted'),
  deletion: fc.option(
    fc.record({
      requestedAt: count,
      destroyAt: count,
      restoresTo: fc.constantFrom('enabled' as const, 'disabled' as const),
    }),
    {nil: undefined},
  ),
  keyOps: fc.option(fc.subarray(['sign', 'verify', 'encrypt'] as const), {nil: undefined}),
  tags: fc.option(fc.dictionary(text, text, {maxKeys: 3, noNullPrototype: true}), {nil: undefined}),
  description: fc.option(text, {nil: undefined}),
  policy: fc.option(policy, {nil: undefined}),
  dueAt: fc.option(count, {nil: undefined}),
  maxCapabilityChainLength: fc.option(count, {nil: undefined}),
  publicAlias: fc.option(text, {nil: undefined}),
  publicAliasTemplate: fc.option(text, {nil: undefined}),
  versions: fc.array(record<KeyVersionRecord>(VERSION), {minLength: 1, maxLength: 3}),
};

/** Absent rather than undefined, as stores give it. */
function record<T>(members: Members<T>): fc.Arbitrary<T> {
  return fc
    .record(members as Record<string, fc.Arbitrary<unknown>>)
    .map((value) => Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T);
}

/** The record with the member that `other` has, or without it where that has none. */
function withMember<T extends object>(value: T, member: keyof T, other: T): T {
  const changed: Partial<T> = {...value};
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete changed[member];
  return (member in other ? {...changed, [member]: other[member]} : changed) as T;
}

/** Whether two records say the same: bytes by their values. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return {bytes: [...value]};
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)]);
};

async function authenticatorOf(...keystoreIds: string[]): Promise<RecordAuthenticator> {
  const wrappers = new MemoryWrappers();
  for (const id of keystoreIds) await wrappers.wrapperFor(id, 'record-mac', {create: true});
  return new RecordAuthenticator({wrappers});
}

describe('RecordAuthenticator', () => {
  it('gives a keystore and a key back as they were, without their MAC', async () => {
    await fc.assert(
      fc.asyncProperty(record(KEYSTORE), record(KEY), async (config, key) => {
        const authenticator = await authenticatorOf(config.id, key.keystoreId);
        const authentication = await authenticator.authenticateKeystore(config);
        expect(await authenticator.verifyKeystore({...config, authentication})).to.deep.equal(config);
        const keyAuthentication = await authenticator.authenticateKey(key);
        expect(await authenticator.verifyKey({...key, authentication: keyAuthentication})).to.deep.equal(key);
      }),
    );
  });

  it('refuses any keystore whose any member is another', async () => {
    await fc.assert(
      fc.asyncProperty(
        record(KEYSTORE),
        record(KEYSTORE),
        fc.constantFrom(...(Object.keys(KEYSTORE) as (keyof KeystoreConfig)[])),
        async (config, other, member) => {
          const changed = withMember(config, member, other);
          fc.pre(!same(changed, config));
          // The keys of the other keystore are there: that is not what it fails on.
          const authenticator = await authenticatorOf(config.id, other.id);
          const authentication = await authenticator.authenticateKeystore(config);
          const error = await expectRejection(
            authenticator.verifyKeystore({...changed, authentication}),
            TamperedRecordError,
          );
          expect(error.record).to.deep.equal({kind: 'keystore', keystoreId: changed.id});
        },
      ),
      {numRuns: 300},
    );
  });

  it('refuses any key whose any member is another, or any member of any version', async () => {
    const changeOfVersion = fc.record({
      version: record<KeyVersionRecord>(VERSION),
      member: fc.constantFrom(...(Object.keys(VERSION) as (keyof KeyVersionRecord)[])),
      index: fc.nat(2),
    });
    await fc.assert(
      fc.asyncProperty(
        record(KEY),
        record(KEY),
        fc.constantFrom(...(Object.keys(KEY) as (keyof KeyRecord)[])),
        fc.option(changeOfVersion, {nil: undefined}),
        async (key, other, member, ofVersion) => {
          const versions = key.versions.map((version, i) =>
            i === ofVersion?.index ? withMember(version, ofVersion.member, ofVersion.version) : version,
          );
          const changed = ofVersion ? {...key, versions} : withMember(key, member, other);
          fc.pre(!same(changed, key));
          const authenticator = await authenticatorOf(key.keystoreId, other.keystoreId);
          const authentication = await authenticator.authenticateKey(key);
          await expectRejection(authenticator.verifyKey({...changed, authentication}), TamperedRecordError);
        },
      ),
      {numRuns: 500},
    );
  });

  describe('of one key', () => {
    const keystoreId = 'https://kms.example/kms/keystores/z1';
    const key: KeyRecord = {
      keystoreId,
      localKeyId: 'z1k',
      sequence: 0,
      type: 'Ed25519VerificationKey2020',
      createdAt: 1,
      updatedAt: 1,
      origin: 'generated',
      state: 'enabled',
      versions: [
        {version: 1, createdAt: 1, state: 'enabled', publicKey: randomBytes(32), material: randomBytes(61)},
      ],
    };
    let authenticator: RecordAuthenticator;
    let stored: Authenticated<KeyRecord>;
    beforeEach(async () => {
      authenticator = await authenticatorOf(keystoreId);
      stored = {...key, authentication: await authenticator.authenticateKey(key)};
    });

    it("refuses another record's MAC, and an older one of its own", async () => {
      for (const other of [
        {...key, localKeyId: 'z1l'},
        {...key, sequence: 1},
      ]) {
        const authentication = await authenticator.authenticateKey(other);
        expect(await authenticator.verifyKey({...other, authentication})).to.deep.equal(other);
        await expectRejection(authenticator.verifyKey({...key, authentication}), TamperedRecordError);
        await expectRejection(
          authenticator.verifyKey({...other, authentication: stored.authentication}),
          TamperedRecordError,
        );
      }
    });

    it('refuses every flipped bit of the MAC, and another key version in its name', async () => {
      const {mac, dataKeyVersionId} = stored.authentication;
      for (let bit = 0; bit < mac.length * 8; bit += 7) {
        const flipped = Uint8Array.from(mac);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const authentication = {mac: flipped, dataKeyVersionId};
        await expectRejection(authenticator.verifyKey({...key, authentication}), TamperedRecordError);
      }
      const authentication = {mac, dataKeyVersionId: `${dataKeyVersionId}x`};
      await expectRejection(authenticator.verifyKey({...key, authentication}), TamperedRecordError);
      await expectRejection(
        authenticator.verifyKey({...key, authentication: {mac: new Uint8Array(), dataKeyVersionId}}),
        TamperedRecordError,
      );
    });

    it("does not take a keystore's MAC for a key's", async () => {
      const config: KeystoreConfig = {id: keystoreId, sequence: 0, controller: 'did:a:b', kmsModule: 'm'};
      const authentication = await authenticator.authenticateKeystore(config);
      expect(await authenticator.verifyKeystore({...config, authentication})).to.deep.equal(config);
      await expectRejection(authenticator.verifyKey({...key, authentication}), TamperedRecordError);
    });

    it('names the record, and what it failed on only as the cause', async () => {
      const error = await expectRejection(
        authenticator.verifyKey({...stored, type: 'other'}),
        TamperedRecordError,
      );
      expect(error.message).to.equal(`The stored key ${keystoreId}/keys/z1k is not what the server wrote.`);
      expect(error.cause).to.be.instanceOf(SealedBlobError);
    });

    it('covers no record with members that it does not know', async () => {
      const more = {...key, surprise: 'anything'} as KeyRecord;
      await expectRejection(
        authenticator.verifyKey({...more, authentication: stored.authentication}),
        TamperedRecordError,
      );
      expect((await expectRejection(authenticator.authenticateKey(more), TypeError)).message).to.include(
        'surprise',
      );
      for (const inside of [
        {versions: [{...key.versions[0]!, surprise: 1}]},
        {deletion: {requestedAt: 1, destroyAt: 2, restoresTo: 'enabled' as const, surprise: 1}},
      ]) {
        const error = await expectRejection(authenticator.authenticateKey({...key, ...inside}), TypeError);
        expect(error.message).to.include('surprise');
      }
    });

    it('takes tags and policies in any order of their members', async () => {
      const ordered: KeyRecord = {
        ...key,
        tags: {a: '1', b: '2', 10: '3', 9: '4'},
        policy: {exportable: true, rotation: {afterSeconds: 1, afterUses: 2}},
      };
      const shuffled: KeyRecord = {
        ...key,
        tags: {9: '4', b: '2', 10: '3', a: '1'},
        policy: {rotation: {afterUses: 2, afterSeconds: 1}, exportable: true},
      };
      const authentication = await authenticator.authenticateKey(ordered);
      expect(await authenticator.verifyKey({...shuffled, authentication})).to.deep.equal(shuffled);
      const swapped = {...shuffled, tags: {...shuffled.tags, a: '2', b: '1'}};
      await expectRejection(authenticator.verifyKey({...swapped, authentication}), TamperedRecordError);
    });

    it('refuses a record whose keystore has no keys; where they cannot be used now it says that', async () => {
      await expectRejection((await authenticatorOf()).verifyKey(stored), TamperedRecordError);
      for (const error of [new SealedError(), new UnavailableError('Down.')]) {
        const wrapperFor = () => Promise.reject(error);
        const unable = new RecordAuthenticator({wrappers: {wrapperFor, isOpen: () => false}});
        expect(await expectRejection(unable.verifyKey(stored), UnavailableError)).to.equal(error);
        expect(await expectRejection(unable.authenticateKey(key), UnavailableError)).to.equal(error);
      }
    });

    it('opens a MAC once for the same record, and never takes one for it that is not', async () => {
      const wrappers = new MemoryWrappers();
      await wrappers.wrapperFor(keystoreId, 'record-mac', {create: true});
      authenticator = new RecordAuthenticator({wrappers});
      stored = {...key, authentication: await authenticator.authenticateKey(key)};
      const {mac, dataKeyVersionId} = stored.authentication;
      const again = (): Authenticated<KeyRecord> => ({
        ...structuredClone(key),
        authentication: {mac: mac.slice(), dataKeyVersionId},
      });
      for (let i = 0; i < 3; i++) expect(await authenticator.verifyKey(again())).to.deep.equal(key);
      expect(wrappers.opens).to.equal(1);
      const flipped = Uint8Array.from(mac, (byte, i) => (i === mac.length - 1 ? byte ^ 1 : byte));
      for (const other of [
        {...again(), sequence: 1},
        {...again(), authentication: {mac: flipped, dataKeyVersionId}},
        {...again(), authentication: {mac, dataKeyVersionId: 'other'}},
      ])
        for (let i = 0; i < 2; i++)
          await expectRejection(authenticator.verifyKey(other), TamperedRecordError);
      expect(await authenticator.verifyKey(again())).to.deep.equal(key);
      expect(wrappers.opens).to.equal(7);
    });

    it('refuses a record that it has verified, where its keys are gone or cannot be used now', async () => {
      const wrappers = new MemoryWrappers();
      await wrappers.wrapperFor(keystoreId, 'record-mac', {create: true});
      authenticator = new RecordAuthenticator({wrappers});
      stored = {...key, authentication: await authenticator.authenticateKey(key)};
      await authenticator.verifyKey(stored);
      expect(await authenticator.verifyKey(stored)).to.equal(await authenticator.verifyKey(stored));
      wrappers.isOpen = () => false;
      wrappers.wrapperFor = () => Promise.reject(new SealedError());
      await expectRejection(authenticator.verifyKey(stored), SealedError);
      wrappers.wrapperFor = () => Promise.reject(new SealedBlobError());
      await expectRejection(authenticator.verifyKey(stored), TamperedRecordError);
    });

    it('makes keys for a new keystore only where it is asked to', async () => {
      const config: KeystoreConfig = {id: 'https://new', sequence: 0, controller: 'did:a:b', kmsModule: 'm'};
      await expectRejection(authenticator.authenticateKeystore(config), SealedBlobError);
      const authentication = await authenticator.authenticateKeystore(config, {create: true});
      expect(await authenticator.verifyKeystore({...config, authentication})).to.deep.equal(config);
    });
  });
});
