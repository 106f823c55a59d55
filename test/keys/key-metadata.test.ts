import {expect} from 'chai';
import {createValidator} from '../../lib/validation/create-validator.ts';
import {
  addVersion,
  destroyVersion,
  disableKey,
  disableVersion,
  scheduleDeletion,
} from '../../lib/keys/key-changes.ts';
import {keyMetadata, type KeyMetadataOptions} from '../../lib/keys/key-metadata.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {MAX_NONCES} from '../../lib/keys/nonces.ts';
import {updateKey} from '../../lib/keys/key-update.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {keyMetadata as keyMetadataSchema} from '../../schemas/key-metadata.ts';
import {certifiedKey} from './certified-key.ts';
import {DAY_MS, generated, newRecord, NO_DEFAULTS, T0} from './key-records.ts';

const validate = createValidator('keyMetadata', keyMetadataSchema);
const ED25519 = 'Ed25519VerificationKey2020';
const AES = 'urn:webkms:symmetric:AES-256-GCM';
const MADE_AT = '2026-11-22T07:30:00.000Z';

/** As it goes over the wire, and as its schema has it. */
async function metadataOf(record: KeyRecord, options: Partial<KeyMetadataOptions> = {}): Promise<object> {
  const metadata = await keyMetadata({
    record,
    type: KEY_TYPES[record.type as KeyType],
    uses: new Map(),
    defaults: NO_DEFAULTS,
    now: T0,
    ...options,
  });
  expect(JSON.parse(JSON.stringify(metadata))).to.deep.equal(metadata);
  return validate(metadata);
}

describe('metadata of a key', () => {
  it('of one that was only made has what every key has', async () => {
    const record = newRecord({}, AES);
    expect(await metadataOf(record)).to.deep.equal({
      keyId: 'https://localhost:9443/kms/keystores/z1A/keys/z1B',
      keyType: AES,
      state: 'active',
      createdAt: MADE_AT,
      updatedAt: MADE_AT,
      origin: 'generated',
      currentVersion: 1,
      versions: [{version: 1, createdAt: MADE_AT, status: 'active'}],
      operations: ['encrypt', 'decrypt'],
    });
  });

  it('of one that has everything says it', async () => {
    const members = {
      keyOps: ['sign' as const, 'verify' as const],
      tags: {name: 'n', team: 't'},
      description: 'd',
      policy: {
        allowedOperations: ['sign' as const],
        minDecryptVersion: 1,
        usageWindow: {notBefore: T0, notAfter: T0 + DAY_MS},
      },
      maxCapabilityChainLength: 2,
    };
    const record = addVersion(newRecord(members, 'urn:webkms:multikey:RSA-2048'), generated(AES), T0 + 1);
    const [first, second] = record.versions;
    const withKeys = {...record, versions: [first!, {...second!, publicKey: first!.publicKey!}]};
    const metadata = (await metadataOf(withKeys, {uses: new Map([[1, 7]]), now: T0 + DAY_MS})) as {
      versions: readonly {publicKeyMultibase?: string}[];
    };
    const {publicKeyMultibase} = metadata.versions[0]!;
    expect(publicKeyMultibase).to.match(/^z4MX/);
    const {keyOps, tags, description, maxCapabilityChainLength} = members;
    expect(metadata).to.deep.equal({
      keyId: 'https://localhost:9443/kms/keystores/z1A/keys/z1B',
      keyType: 'urn:webkms:multikey:RSA-2048',
      state: 'expired',
      createdAt: MADE_AT,
      updatedAt: '2026-11-22T07:30:00.001Z',
      origin: 'generated',
      currentVersion: 2,
      versions: [
        {version: 1, createdAt: MADE_AT, status: 'verify-only', publicKeyMultibase, uses: 7},
        {version: 2, createdAt: '2026-11-22T07:30:00.001Z', status: 'active', publicKeyMultibase},
      ],
      operations: ['sign', 'verify'],
      ...{keyOps, tags, description, maxCapabilityChainLength},
      policy: {
        allowedOperations: ['sign'],
        minDecryptVersion: 1,
        usageWindow: {notBefore: MADE_AT, notAfter: '2026-11-23T07:30:00.000Z'},
      },
    });
  });

  it('of one that is pending deletion says until when it can be restored', async () => {
    const record = scheduleDeletion(disableKey(newRecord(), T0), {
      windowSeconds: 86_400,
      defaults: NO_DEFAULTS,
      now: T0,
    });
    expect(await metadataOf(record)).to.deep.include({
      state: 'pendingDeletion',
      deletion: {requestedAt: MADE_AT, destroyAt: '2026-11-23T07:30:00.000Z'},
    });
  });

  it('warns', async () => {
    const defaults = {...NO_DEFAULTS, symmetricRotationSeconds: 60};
    expect(await metadataOf(newRecord(), {defaults})).to.not.have.property('warnings');
    const late = (await metadataOf(newRecord(), {defaults, now: T0 + 61_000})) as {
      warnings: readonly string[];
    };
    expect(late.warnings).to.have.length(1);
  });

  it('warns of a version that will soon encrypt no more', async () => {
    const encrypted = (record: KeyRecord, version: number, uses: number) =>
      metadataOf(record, {uses: new Map([[version, uses]])});
    const few = MAX_NONCES * 0.75;
    expect(await encrypted(newRecord(), 1, few - 1)).to.not.have.property('warnings');
    expect(await encrypted(newRecord(), 1, few))
      .to.have.nested.property('warnings[0]')
      .that.matches(/^Version 1 has encrypted 3221225472 times/);
    const rotated = addVersion(newRecord(), generated(AES), T0);
    expect(await encrypted(rotated, 1, MAX_NONCES)).to.not.have.property('warnings');
    expect(await encrypted(newRecord({keyOps: ['decrypt']}), 1, few)).to.not.have.property('warnings');
    const hmac = newRecord({}, 'Sha256HmacKey2019');
    expect(await encrypted(hmac, 1, MAX_NONCES)).to.not.have.property('warnings');
  });

  it('warns of versions above the most of the policy, which are kept', async () => {
    const policy = {maxVersions: 2};
    const two = addVersion(newRecord({policy}), generated(AES), T0);
    expect(await metadataOf(two)).to.not.have.property('warnings');
    expect(await metadataOf(addVersion(two, generated(AES), T0)))
      .to.have.nested.property('warnings[0]')
      .that.matches(/^The key keeps 3 versions, more than the 2 of its policy/);
    for (const said of [{minDecryptVersion: 2}, {deletionProtection: true}, {destroyUsableVersions: true}]) {
      const record = addVersion({...two, policy: {...policy, ...said}}, generated(AES), T0);
      expect(await metadataOf(record)).to.not.have.property('warnings');
    }
  });

  it('has certificates, also of a version that was destroyed', async () => {
    const {publicKey, x5c} = await certifiedKey(ED25519);
    const made = newRecord({}, ED25519);
    let record: KeyRecord = {...made, versions: [{...made.versions[0]!, publicKey}]};
    record = updateKey(record, {x5c}, {defaults: NO_DEFAULTS, now: T0});
    expect(await metadataOf(record))
      .to.have.nested.property('versions[0].x5c')
      .that.deep.equals(x5c);
    record = disableVersion(addVersion(record, generated(ED25519), T0), 1, T0);
    const destroyed = await metadataOf(destroyVersion(record, 1, T0));
    expect(destroyed).to.have.nested.property('versions[0].status', 'destroyed');
    expect(destroyed).to.have.nested.property('versions[0].x5c').that.deep.equals(x5c);
  });

  it('has the multibase form of keys that are described otherwise', async () => {
    const made = newRecord({}, ED25519);
    const [of2018, of2020] = (await Promise.all(
      (['Ed25519VerificationKey2018', ED25519] as const).map((type) => metadataOf({...made, type})),
    )) as {versions: unknown}[];
    expect(of2018!.versions).to.deep.equal(of2020!.versions);
    expect(of2018).to.have.nested.property('versions[0].publicKeyMultibase').that.matches(/^z6M/);
  });

  it('of a key of any type is as its schema has it, and holds nothing of the material', async () => {
    for (const type of Object.values(KEY_TYPES)) {
      const material = Buffer.from('sealed material');
      const record = newRecord({}, type.name);
      const sealed: KeyRecord = {...record, versions: [{...record.versions[0]!, material}]};
      const text = JSON.stringify(await metadataOf(sealed));
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
        expect(text).to.not.include(material.toString(encoding));
      }
      expect(text).to.not.include(record.versions[0]!.dataKeyVersionId);
    }
  });
});
