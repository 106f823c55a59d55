import {expect} from 'chai';
import {
  KeyPolicyError,
  KeyStateError,
  MalformedRequestError,
  NotFoundError,
  PayloadTooLargeError,
} from '../../lib/errors.ts';
import {destroyVersion, disableVersion} from '../../lib/keys/key-changes.ts';
import type {KeyDefaults} from '../../lib/keys/key-defaults.ts';
import {type KeyRecordUpdate, updateKey} from '../../lib/keys/key-update.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {type CertifiedKey, certifiedKey} from './certified-key.ts';
import {DAY_MS, newRecord, NO_DEFAULTS, T0} from './key-records.ts';

const ED25519 = 'Ed25519VerificationKey2020';
const NOW = T0 + 5;

const update = (
  record: KeyRecord,
  members: KeyRecordUpdate,
  defaults: KeyDefaults = NO_DEFAULTS,
): KeyRecord => updateKey(record, members, {defaults, now: NOW});

/** A key that has everything that can be updated. */
const FULL = newRecord(
  {
    tags: {name: 'n', team: 't'},
    description: 'd',
    policy: {maxDataBytes: 5},
    maxCapabilityChainLength: 2,
    publicAlias: 'did:example:1',
  },
  ED25519,
);

describe('an update of a key', () => {
  const values: KeyRecordUpdate = {
    tags: {name: 'm'},
    description: 'e',
    policy: {maxDataBytes: 6},
    maxCapabilityChainLength: 3,
    publicAlias: 'did:example:2',
  };

  for (const [member, value] of Object.entries(values)) {
    it(`replaces ${member}, whole, and nothing else`, () => {
      const expected = {...FULL, sequence: 1, updatedAt: NOW, [member]: value as unknown};
      expect(update(FULL, {[member]: value as unknown})).to.deep.equal(expected);
    });

    it(`removes ${member} by null`, () => {
      const expected: Record<string, unknown> = {...FULL, sequence: 1, updatedAt: NOW};
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- of a copy
      delete expected[member];
      expect(update(FULL, {[member]: null})).to.deep.equal(expected);
    });

    it(`sets ${member} where there was none`, () => {
      const bare = newRecord({}, ED25519);
      const expected = {...bare, sequence: 1, updatedAt: NOW, [member]: value as unknown};
      expect(update(bare, {[member]: value as unknown})).to.deep.equal(expected);
    });
  }

  it('removes by what is empty, too', () => {
    expect(update(FULL, {tags: {}})).to.not.have.property('tags');
    expect(update(FULL, {policy: {}})).to.not.have.property('policy');
  });

  it('is of something', () => {
    expect(() => update(FULL, {})).to.throw(MalformedRequestError, /nothing to update/);
    expect(() => update(FULL, {keyVersion: 1})).to.throw(MalformedRequestError, /"keyVersion"/);
    expect(() => update(FULL, {keyVersion: 1, description: 'e'})).to.throw(MalformedRequestError);
  });

  it('leaves a key one alias: one takes the place of the other where that is removed', () => {
    const publicAliasTemplate = 'did:key:{publicKeyMultibase}';
    expect(() => update(FULL, {publicAliasTemplate})).to.throw(MalformedRequestError, /Only one of/);
    const updated = update(FULL, {publicAliasTemplate, publicAlias: null});
    expect(updated).to.include({publicAliasTemplate}).and.not.have.property('publicAlias');
    expect(() => update(FULL, {publicAlias: 'key'})).to.throw(MalformedRequestError, /absolute URI/);
    expect(() => update(newRecord(), {publicAliasTemplate})).to.throw(
      MalformedRequestError,
      /with a public key/,
    );
  });

  it('is of tags and a description that are what they should be', () => {
    expect(() => update(FULL, {tags: {name: ''}})).to.throw(MalformedRequestError);
    expect(() => update(FULL, {description: ''})).to.throw(MalformedRequestError);
  });

  it('makes the key due as its policy then has it', () => {
    const due = update(FULL, {policy: {rotation: {afterSeconds: 86_400}}});
    expect(due.dueAt).to.equal(T0 + DAY_MS);
    expect(update(due, {description: 'e'}).dueAt).to.equal(T0 + DAY_MS);
    expect(update(due, {policy: null})).to.not.have.property('dueAt');
  });

  it('never widens what can only be narrowed', () => {
    const exportable = newRecord({policy: {exportable: true, minDecryptVersion: 1}}, ED25519);
    expect(update(exportable, {policy: {exportable: true}}).policy).to.deep.equal({
      exportable: true,
      minDecryptVersion: 1,
    });
    const narrowed = update(exportable, {policy: null});
    expect(narrowed.policy).to.deep.equal({minDecryptVersion: 1});
    expect(() => update(narrowed, {policy: {exportable: true}})).to.throw(KeyPolicyError, /exportable/);
    expect(() => update(FULL, {policy: {minDecryptVersion: 2}})).to.throw(MalformedRequestError);
  });

  it('lifts deletion protection', () => {
    const guarded = newRecord({policy: {deletionProtection: true}});
    expect(update(guarded, {policy: {deletionProtection: false}}).policy).to.deep.equal({
      deletionProtection: false,
    });
    expect(update(guarded, {policy: null})).to.not.have.property('policy');
  });

  it("is bound to the server's defaults where they are enforced, and it is of the policy", () => {
    const defaults = {...NO_DEFAULTS, enforced: true, asymmetricRotationSeconds: 365};
    expect(update(FULL, {policy: null}, defaults).policy).to.deep.equal({rotation: {afterSeconds: 365}});
    expect(() => update(FULL, {policy: {rotation: {afterSeconds: 366}}}, defaults)).to.throw(KeyPolicyError);
    expect(update(FULL, {description: 'e'}, defaults).policy).to.deep.equal(FULL.policy);
  });
});

describe('an update of certificates', () => {
  it('is of the newest version, or of the one it names', async () => {
    const [first, second] = [await certifiedKey(), await certifiedKey()];
    const base = newRecord({}, 'urn:webkms:multikey:P-256');
    const [version] = base.versions;
    const record: KeyRecord = {
      ...base,
      versions: [
        {...version!, publicKey: first.publicKey},
        {...version!, version: 2, publicKey: second.publicKey},
      ],
    };
    const derOf = ({x5c}: CertifiedKey): Buffer[] => x5c.map((text) => Buffer.from(text, 'base64'));
    const updated = update(record, {x5c: second.x5c});
    expect(updated).to.deep.equal({
      ...record,
      sequence: 1,
      updatedAt: NOW,
      versions: [record.versions[0], {...record.versions[1]!, certificates: derOf(second)}],
    });
    const both = update(updated, {x5c: first.x5c, keyVersion: 1});
    expect(both.versions[0]?.certificates).to.deep.equal(derOf(first));
    expect(update(both, {x5c: null}).versions).to.deep.equal([both.versions[0], record.versions[1]]);
    expect(() => update(record, {x5c: second.x5c, keyVersion: 1})).to.throw(
      MalformedRequestError,
      /must be a certificate of this public key/,
    );
    expect(() => update(record, {x5c: second.x5c, keyVersion: 3})).to.throw(NotFoundError);

    const destroyed = destroyVersion(disableVersion(both, 1, NOW), 1, NOW);
    expect(() => update(destroyed, {x5c: first.x5c, keyVersion: 1}))
      .to.throw(KeyStateError)
      .with.deep.property('details', {state: 'destroyed', possible: []});
    expect(update(destroyed, {x5c: null, keyVersion: 1}).versions[0]).to.not.have.property('certificates');
  });

  it('is refused where the certificates of all versions together are too large for a record that is read with every use', async () => {
    const key = await certifiedKey();
    const own = key.x5c.reduce((sum, text) => sum + Buffer.from(text, 'base64').length, 0);
    const versionsWith = (bytes: number): KeyRecord => {
      const [version] = newRecord({}, 'urn:webkms:multikey:P-256').versions;
      const older = {...version!, certificates: [new Uint8Array(bytes)]};
      const newest = {...version!, version: 2, publicKey: key.publicKey};
      return {...newRecord({}, 'urn:webkms:multikey:P-256'), versions: [older, newest]};
    };
    const room = 512 * 1024 - own;
    expect(update(versionsWith(room), {x5c: key.x5c}).versions[1]).to.have.property('certificates');
    expect(() => update(versionsWith(room + 1), {x5c: key.x5c})).to.throw(PayloadTooLargeError);
    // What goes away makes room.
    expect(update(versionsWith(room + 1), {x5c: null, keyVersion: 1}).versions[0]).to.not.have.property(
      'certificates',
    );
  });
});
