import {expect} from 'chai';
import {KeyPolicyError, MalformedRequestError, NotSupportedError} from '../../lib/errors.ts';
import type {KeyDefaults} from '../../lib/keys/key-defaults.ts';
import {KEY_TYPES} from '../../lib/keys/key-types.ts';
import {initialRecord, type NewKeyMembers, type NewKeyTarget, readNewKey} from '../../lib/keys/new-key.ts';
import {DAY_MS, generated, NO_DEFAULTS, T0} from './key-records.ts';

const AES = KEY_TYPES['urn:webkms:symmetric:AES-256-GCM'];
const RSA = KEY_TYPES['urn:webkms:multikey:RSA-2048'];
const ED25519 = KEY_TYPES.Ed25519VerificationKey2020;

const read = (target: NewKeyTarget, type = ED25519, defaults: KeyDefaults = NO_DEFAULTS): NewKeyMembers =>
  readNewKey(target, type, defaults);

describe('a new key', () => {
  it('has what was asked for, and nothing else', () => {
    expect(read({})).to.deep.equal({});
    expect(read({tags: {}, policy: {}})).to.deep.equal({});
    const target = {
      maxCapabilityChainLength: 2,
      publicAlias: 'did:example:1#key',
      keyOps: ['sign'],
      tags: {name: 'n', team: 't'},
      description: 'for tests',
      policy: {exportable: true, rotation: {afterSeconds: 60}},
    };
    expect(read(target)).to.deep.equal(target);
    expect(read({publicAliasTemplate: 'did:key:{publicKeyMultibase}'})).to.deep.equal({
      publicAliasTemplate: 'did:key:{publicKeyMultibase}',
    });
  });

  it('does not take over what else stands beside that', () => {
    const target = {type: ED25519.name, state: 'deleted', sequence: 9, description: 'd'};
    expect(read(target)).to.deep.equal({description: 'd'});
  });

  it('is narrowed to some of what its type can do, in the order of the type', () => {
    expect(read({keyOps: ['verify', 'sign']}, RSA)).to.deep.equal({keyOps: ['sign', 'verify']});
    for (const keyOps of [['wrapKey'], ['sign', 'wrapKey'], ['sign', 'sign'], ['constructor']]) {
      expect(() => read({keyOps}, RSA))
        .to.throw(NotSupportedError)
        .with.deep.property('details', {supported: RSA.operations});
    }
  });

  it('has one alias, which is a URI, and a public key for it', () => {
    const alias = 'did:example:1#key';
    expect(() => read({publicAlias: alias, publicAliasTemplate: alias})).to.throw(
      MalformedRequestError,
      /Only one of/,
    );
    expect(() => read({publicAlias: alias}, AES)).to.throw(MalformedRequestError, /with a public key/);
    expect(() => read({publicAliasTemplate: alias}, AES)).to.throw(
      MalformedRequestError,
      /with a public key/,
    );
    expect(() => read({publicAlias: 'key'})).to.throw(MalformedRequestError, /absolute URI/);
  });

  it('has tags, a description and a policy that are what they should be', () => {
    expect(() => read({tags: {name: 'a b'}})).to.throw(MalformedRequestError, /"name"/);
    expect(() => read({description: 'a\nb'})).to.throw(MalformedRequestError, /"description"/);
    expect(() => read({policy: {minDecryptVersion: 2}})).to.throw(MalformedRequestError, /current version/);
    expect(() => read({policy: {usageWindow: {notBefore: 'now'}}})).to.throw(MalformedRequestError);
    const policy = {allowedOperations: ['verify' as const]};
    expect(read({policy})).to.deep.equal({policy});
    expect(() => read({policy, keyOps: ['sign']})).to.throw(MalformedRequestError, /allowedOperations/);
  });

  it("has the server's defaults where they are enforced", () => {
    const defaults = {...NO_DEFAULTS, enforced: true, asymmetricRotationSeconds: 365};
    expect(read({}, ED25519, defaults)).to.deep.equal({policy: {rotation: {afterSeconds: 365}}});
    expect(() => read({policy: {rotation: {afterSeconds: 366}}}, ED25519, defaults)).to.throw(KeyPolicyError);
    expect(read({}, AES, defaults)).to.deep.equal({});
  });

  it('is recorded as enabled, with one version, and due when it is', () => {
    const identity = {keystoreId: 'https://kms.example/kms/keystores/z1A', localKeyId: 'z1B'};
    const made = generated(ED25519.name);
    const members = read({policy: {rotation: {afterSeconds: 86_400}}, tags: {name: 'n'}});
    const origin = 'imported' as const;
    expect(initialRecord({...identity, type: ED25519, origin}, members, made, T0)).to.deep.equal({
      ...identity,
      ...members,
      type: ED25519.name,
      origin,
      sequence: 0,
      createdAt: T0,
      updatedAt: T0,
      state: 'enabled',
      dueAt: T0 + DAY_MS,
      versions: [{version: 1, createdAt: T0, state: 'enabled', ...made}],
    });
    expect(initialRecord({...identity, type: ED25519, origin}, {}, made, T0)).to.not.have.property('dueAt');
  });
});
