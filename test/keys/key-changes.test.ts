import {expect} from 'chai';
import {InternalError, KeyPolicyError, KeyStateError, NotFoundError} from '../../lib/errors.ts';
import {
  addVersion,
  destroyKey,
  destroyVersion,
  disableKey,
  disableVersion,
  enableKey,
  enableVersion,
  restoreKey,
  scheduleDeletion,
} from '../../lib/keys/key-changes.ts';
import {keyState, MAX_KEY_VERSIONS} from '../../lib/keys/key-state.ts';
import type {KeyPolicy, KeyRecord} from '../../lib/storage/key-record.ts';
import {DAY_MS, generated, newRecord, NO_DEFAULTS, T0} from './key-records.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const ED25519 = 'Ed25519VerificationKey2020';

const rotate = (record: KeyRecord, now = T0): KeyRecord => addVersion(record, generated(AES), now);

/** A key of so many versions. */
function versions(count: number, policy?: KeyPolicy): KeyRecord {
  let record = newRecord(policy ? {policy} : {});
  while (record.versions.length < count) record = rotate(record);
  return record;
}

const statesOf = ({versions: all}: KeyRecord): string[] => all.map(({state}) => state);

describe('rotation', () => {
  it('adds a version, and changes nothing else but sequence and times', () => {
    const before = newRecord({description: 'd', tags: {a: 'b'}, policy: {rotation: {afterSeconds: 60}}});
    const made = generated(AES);
    expect(addVersion(before, made, T0 + 5)).to.deep.equal({
      ...before,
      sequence: 1,
      updatedAt: T0 + 5,
      dueAt: T0 + 60_005,
      versions: [...before.versions, {version: 2, createdAt: T0 + 5, state: 'enabled', ...made}],
    });
  });

  it('does not change the record that it is given', () => {
    const before = versions(2, {maxVersions: 2});
    const copy = structuredClone(before);
    rotate(before);
    expect(before).to.deep.equal(copy);
  });

  it('destroys the oldest retired versions above the most that the policy keeps', () => {
    const kept = versions(5, {maxVersions: 2});
    expect(statesOf(rotate(kept))).to.deep.equal(Array(6).fill('enabled'));
    const floor = {...kept, policy: {maxVersions: 2, minDecryptVersion: 3}};
    expect(statesOf(rotate(floor))).to.deep.equal([
      'destroyed',
      'destroyed',
      ...Array<string>(4).fill('enabled'),
    ]);
    expect(statesOf(rotate({...floor, policy: {...floor.policy, maxVersions: 5}}))[1]).to.equal('enabled');
  });

  it('destroys a version that is disabled only where it could not be of use, were it enabled', () => {
    const disabled = disableVersion(versions(3, {maxVersions: 2}), 1, T0);
    expect(statesOf(rotate(disabled))[0]).to.equal('disabled');
    const floor = {...disabled, policy: {maxVersions: 2, minDecryptVersion: 2}};
    expect(statesOf(rotate(floor))).to.deep.equal(['destroyed', 'enabled', 'enabled', 'enabled']);
  });

  it('destroys old versions of a key that was narrowed to protecting', () => {
    const policy = {maxVersions: 2};
    const narrowed = {...versions(2), policy, keyOps: ['encrypt'] as const};
    expect(statesOf(rotate(narrowed))).to.deep.equal(['destroyed', 'enabled', 'enabled']);
  });

  it('destroys the oldest versions whatever they are, where the policy says so', () => {
    const policy = {maxVersions: 3, destroyUsableVersions: true};
    const record = rotate(disableVersion(versions(3, policy), 1, T0));
    expect(statesOf(record)).to.deep.equal(['destroyed', 'enabled', 'enabled', 'enabled']);
    expect(Object.keys(record.versions[0]!)).to.have.members(['version', 'createdAt', 'state']);
    expect(statesOf(rotate(record))).to.deep.equal([
      'destroyed',
      'destroyed',
      'enabled',
      'enabled',
      'enabled',
    ]);
    const lowered: KeyRecord = {...versions(4), policy: {...policy, maxVersions: 1}};
    expect(statesOf(rotate(lowered))).to.deep.equal([...Array<string>(4).fill('destroyed'), 'enabled']);
  });

  it('destroys nothing of a key that is protected from deletion, until it is not any more', () => {
    const policy = {maxVersions: 2, destroyUsableVersions: true, deletionProtection: true};
    const record = rotate(versions(2, policy));
    expect(statesOf(record)).to.deep.equal(['enabled', 'enabled', 'enabled']);
    const unprotected: KeyRecord = {...record, policy: {...policy, deletionProtection: false}};
    expect(statesOf(rotate(unprotected))).to.deep.equal(['destroyed', 'destroyed', 'enabled', 'enabled']);
  });

  it('ends with the version that is the last', () => {
    const [version] = newRecord().versions;
    const many = (count: number): KeyRecord => ({
      ...newRecord(),
      policy: {rotation: {afterSeconds: 1}},
      versions: Array.from({length: count}, (_, i) => ({...version!, version: i + 1})),
    });
    const last = rotate(many(MAX_KEY_VERSIONS - 1));
    expect(last.versions).to.have.length(MAX_KEY_VERSIONS);
    expect(last).to.not.have.property('dueAt');
    expect(() => rotate(last)).to.throw(KeyStateError, /make a new key/);
  });
});

describe('versions alone', () => {
  it('are disabled and enabled, with all that they have', () => {
    const record = versions(2);
    const disabled = disableVersion(record, 1, T0 + 1);
    expect(disabled.versions).to.deep.equal([
      {...record.versions[0]!, state: 'disabled'},
      record.versions[1],
    ]);
    expect(enableVersion(disabled, 1, T0 + 2)).to.deep.equal({...record, sequence: 3, updatedAt: T0 + 2});
  });

  it('that are destroyed keep what is public', () => {
    const certificates = [Buffer.of(0x30)];
    const made = newRecord({}, ED25519);
    const [first] = made.versions;
    const record = addVersion({...made, versions: [{...first!, certificates}]}, generated(ED25519), T0);
    const {version, createdAt, publicKey} = first!;
    expect(destroyVersion(disableVersion(record, 1, T0), 1, T0).versions[0]).to.deep.equal({
      version,
      createdAt,
      publicKey,
      certificates,
      state: 'destroyed',
    });
  });

  for (const [name, change] of Object.entries({disableVersion, enableVersion, destroyVersion})) {
    it(`that there are not cannot be changed: ${name}`, () => {
      for (const number of [0, 4, -1, 1.5]) {
        expect(() => change(versions(3), number, T0)).to.throw(NotFoundError);
      }
    });
  }

  it('say how they can be destroyed', () => {
    const refusal = /Version 1 cannot be destroyed: disable it first\./;
    expect(() => destroyVersion(versions(2), 1, T0)).to.throw(KeyStateError, refusal);
    expect(() => destroyVersion(versions(2), 2, T0)).to.throw(KeyStateError, /rotate the key first/);
  });

  it('are not destroyed below the least that the policy keeps', () => {
    const record = disableVersion(disableVersion(versions(3, {minVersions: 2}), 1, T0), 2, T0);
    const one = destroyVersion(record, 1, T0);
    expect(statesOf(one)).to.deep.equal(['destroyed', 'disabled', 'enabled']);
    expect(() => destroyVersion(one, 2, T0))
      .to.throw(KeyPolicyError)
      .with.deep.property('details', {policy: 'minVersions'});
  });

  it('are not destroyed where the key is protected from deletion; the refusal says what lifts it', () => {
    const record = disableVersion(versions(2, {deletionProtection: true}), 1, T0);
    expect(() => destroyVersion(record, 1, T0))
      .to.throw(KeyPolicyError, /first update it with a policy without "deletionProtection"/)
      .with.deep.property('details', {policy: 'deletionProtection'});
    const lifted: KeyRecord = {...record, policy: {deletionProtection: false}};
    expect(statesOf(destroyVersion(lifted, 1, T0))).to.deep.equal(['destroyed', 'enabled']);
  });
});

describe('deletion of a key', () => {
  const remove = (record: KeyRecord, windowSeconds?: number): KeyRecord =>
    scheduleDeletion(record, {windowSeconds, defaults: NO_DEFAULTS, now: T0});

  it('is due when its recovery window is over: by default that of the server', () => {
    const record = newRecord();
    const destroyAt = T0 + NO_DEFAULTS.deletionWindowSeconds * 1000;
    expect(remove(record)).to.deep.equal({
      ...record,
      sequence: 1,
      state: 'pendingDeletion',
      deletion: {requestedAt: T0, destroyAt, restoresTo: 'enabled'},
      dueAt: destroyAt,
    });
    expect(remove(record, 60).deletion?.destroyAt).to.equal(T0 + 60_000);
  });

  it('has a window as long as the server and the policy ask for', () => {
    const least = {policy: 'minDeletionWindowSeconds'};
    expect(() => remove(newRecord(), 59))
      .to.throw(KeyPolicyError, /60 seconds at least/)
      .with.deep.property('details', least);
    const long = newRecord({policy: {minDeletionWindowSeconds: 5_000_000}});
    expect(() => remove(long, 4_999_999)).to.throw(
      KeyPolicyError,
      /5000000 seconds at least \(57\.88 days\)/,
    );
    expect(remove(long, 5_000_000).deletion?.destroyAt).to.equal(T0 + 5_000_000_000);
    expect(remove(long).deletion?.destroyAt).to.equal(T0 + 5_000_000_000);
    const short = newRecord({policy: {minDeletionWindowSeconds: 1}});
    expect(() => remove(short, 59)).to.throw(KeyPolicyError, /60 seconds at least/);
  });

  it('is refused where the key is protected from it', () => {
    const protectedKey = newRecord({policy: {deletionProtection: true}});
    expect(() => remove(protectedKey)).to.throw(KeyPolicyError, /deletionProtection/);
    expect(keyState(remove(newRecord({policy: {deletionProtection: false}})), T0)).to.equal(
      'pendingDeletion',
    );
  });

  it('is undone by restoration: the key is as it was, disabled if it was', () => {
    const enabled = newRecord({policy: {rotation: {afterSeconds: 60}}});
    for (const record of [enabled, disableKey(enabled, T0)]) {
      const restored = restoreKey(remove(record), T0 + 7);
      expect(restored).to.deep.equal({...record, sequence: record.sequence + 2, updatedAt: T0 + 7});
    }
  });

  it('is for good when the window is over, whether the server has seen to it or not', () => {
    const pending = remove(newRecord(), 60);
    expect(restoreKey(pending, T0 + 59_999).state).to.equal('enabled');
    for (const now of [T0 + 60_000, T0 + 60_001]) {
      expect(() => restoreKey(pending, now))
        .to.throw(KeyStateError, /window of the key is over/)
        .with.deep.property('details', {state: 'pendingDeletion', possible: []});
    }
  });

  it('leaves of the key that there was one', () => {
    const members = {
      tags: {name: 'n'},
      description: 'd',
      policy: {minVersions: 2, rotation: {afterSeconds: 1}},
      keyOps: ['sign' as const],
      maxCapabilityChainLength: 1,
      publicAliasTemplate: 'did:key:{publicKeyMultibase}',
    };
    const made = newRecord(members, ED25519);
    const certified: KeyRecord = {
      ...made,
      versions: [{...made.versions[0]!, certificates: [Buffer.of(0x30)]}],
    };
    const pending = remove(certified, 60);
    expect(() => destroyKey(pending, T0 + 59_999)).to.throw(KeyStateError, /is not over/);
    const {keystoreId, localKeyId, type, createdAt, origin, keyOps} = made;
    const {publicKey} = made.versions[0]!;
    expect(destroyKey(pending, T0 + 60_000)).to.deep.equal({
      ...{keystoreId, localKeyId, type, createdAt, origin, keyOps},
      sequence: 2,
      updatedAt: T0 + 60_000,
      state: 'deleted',
      deletion: pending.deletion,
      maxCapabilityChainLength: 1,
      versions: [{version: 1, createdAt: T0, state: 'destroyed', publicKey}],
    });
    expect(destroyKey({...pending, publicAlias: 'did:example:1'}, T0 + 60_000)).to.not.have.property(
      'publicAlias',
    );
  });

  it('of a record that does not say when is a defect', () => {
    expect(() => destroyKey({...newRecord(), state: 'pendingDeletion'}, T0)).to.throw(InternalError);
  });
});

describe('a key that is disabled', () => {
  it('is not due for rotation, and is again when it is enabled', () => {
    const record = newRecord({policy: {rotation: {afterSeconds: 60}}});
    const disabled = disableKey(record, T0 + DAY_MS);
    expect(disabled).to.not.have.property('dueAt');
    expect(disabled.state).to.equal('disabled');
    expect(enableKey(disabled, T0 + DAY_MS)).to.deep.equal({
      ...record,
      sequence: 2,
      updatedAt: T0 + DAY_MS,
    });
  });
});
