import {expect} from 'chai';
import fc from 'fast-check';
import {KeyPolicyError, MalformedRequestError} from '../../lib/errors.ts';
import {createValidator} from '../../lib/validation/create-validator.ts';
import {
  algorithmsOf,
  assertPolicy,
  formatPolicy,
  nextDueAt,
  nextPolicy,
  parsePolicy,
  type PolicyContext,
  usesOf,
} from '../../lib/keys/key-policy.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import type {KeyPolicy, KeyRecord} from '../../lib/storage/key-record.ts';
import {keyPolicy, type KeyPolicyBody} from '../../schemas/key-policy.ts';
import {DAY_MS, newRecord, T0} from './key-records.ts';

const validate = createValidator('keyPolicy', keyPolicy);
const AES = KEY_TYPES['urn:webkms:symmetric:AES-256-GCM'];
const RSA = KEY_TYPES['urn:webkms:multikey:RSA-2048'];

const FULL: KeyPolicyBody = {
  allowedOperations: ['encrypt', 'generateDataKey'],
  allowedAlgorithms: ['A256GCM'],
  rotation: {afterSeconds: 86_400, afterUses: 1000},
  exportable: true,
  deletionProtection: true,
  minDeletionWindowSeconds: 3600,
  minVersions: 2,
  maxVersions: 3,
  destroyUsableVersions: true,
  minDecryptVersion: 1,
  usageWindow: {notBefore: '2026-11-22T07:30:00Z', notAfter: '2027-11-22T09:30:00.5+02:00'},
  maxDataBytes: 1024,
  rate: {uses: 10, perSeconds: 1},
};

describe('policy on the wire', () => {
  it('has the members of the contract', () => {
    expect(validate(FULL)).to.deep.equal(FULL);
    expect(parsePolicy(FULL)).to.deep.equal({
      ...FULL,
      usageWindow: {notBefore: T0, notAfter: Date.parse('2027-11-22T07:30:00.500Z')},
    });
    expect(formatPolicy(parsePolicy(FULL))).to.deep.equal({
      ...FULL,
      usageWindow: {notBefore: '2026-11-22T07:30:00.000Z', notAfter: '2027-11-22T07:30:00.500Z'},
    });
  });

  for (const [name, body] of Object.entries({
    'a member that there is not': {allowed: []},
    'no operation at all': {allowedOperations: []},
    'an operation that there is not': {allowedOperations: ['export']},
    'an operation twice': {allowedOperations: ['sign', 'sign']},
    'no algorithm at all': {allowedAlgorithms: []},
    'a rotation by nothing': {rotation: {}},
    'a rotation at once': {rotation: {afterSeconds: 0}},
    'a rotation after parts of a second': {rotation: {afterSeconds: 1.5}},
    'a rotation after more uses than there are nonces': {rotation: {afterUses: 2 ** 32 + 1}},
    'what is not a boolean': {exportable: 'true'},
    'fewer than one version': {maxVersions: 0},
    'a version before the first': {minDecryptVersion: 0},
    'a window of nothing': {usageWindow: {}},
    'a time as number': {usageWindow: {notBefore: 5}},
    'a rate of no uses': {rate: {uses: 0, perSeconds: 1}},
    'half a rate': {rate: {uses: 1}},
    'no data': {maxDataBytes: 0},
  })) {
    it(`is not ${name}`, () => {
      expect(() => validate(body))
        .to.throw()
        .with.property('name', 'ValidationError');
    });
  }

  it('is parsed and written back the same', () => {
    const time = fc.date({min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z')});
    const ms = time.filter((date) => !Number.isNaN(date.getTime())).map((date) => date.getTime());
    fc.assert(
      fc.property(ms, ms, fc.boolean(), (notBefore, notAfter, exportable) => {
        const policy: KeyPolicy = {exportable, usageWindow: {notBefore, notAfter}};
        expect(parsePolicy(validate(formatPolicy(policy)))).to.deep.equal(policy);
      }),
    );
  });

  for (const text of [
    '2026-11-22T07:30:00',
    '2026-02-30T00:00:00Z',
    '2026-11-22 07:30:00Z',
    '9999-12-31T23:59:59-14:00',
    '0001-01-01T00:00:00+14:00',
  ]) {
    it(`has no time such as ${text}`, () => {
      for (const name of ['notBefore', 'notAfter']) {
        expect(() => parsePolicy({usageWindow: {[name]: text}})).to.throw(
          MalformedRequestError,
          new RegExp(`usageWindow\\.${name}`),
        );
      }
    });
  }
});

describe('policy of a key', () => {
  const aes: PolicyContext = {type: AES, current: 3};
  const accepts = (policy: KeyPolicy, context = aes): void => assertPolicy(policy, context);
  const refuses = (policy: KeyPolicy, message: RegExp, context = aes): void => {
    expect(() => assertPolicy(policy, context)).to.throw(MalformedRequestError, message);
  };

  it('opens its window before it closes it', () => {
    accepts({usageWindow: {notBefore: 1, notAfter: 2}});
    refuses({usageWindow: {notBefore: 2, notAfter: 2}}, /must open before it closes/);
    refuses({usageWindow: {notBefore: 3, notAfter: 2}}, /must open before it closes/);
  });

  it('keeps no more versions at least than at most', () => {
    accepts({minVersions: 2, maxVersions: 2});
    refuses({minVersions: 3, maxVersions: 2}, /"policy\.minVersions"/);
  });

  it('says what is destroyed above the most where there is a most', () => {
    accepts({destroyUsableVersions: true, maxVersions: 2});
    accepts({destroyUsableVersions: false});
    refuses({destroyUsableVersions: true}, /"policy\.destroyUsableVersions" needs/);
  });

  it('retires no version that there is not, nor the current one', () => {
    accepts({minDecryptVersion: 3});
    refuses({minDecryptVersion: 4}, /must not be more than the current version/);
  });

  it('allows operations that the key has', () => {
    accepts({allowedOperations: ['encrypt', 'decrypt', 'rewrap', 'generateDataKey']});
    refuses({allowedOperations: ['encrypt', 'sign']}, /allowedOperations/);
    const encrypts: PolicyContext = {...aes, keyOps: ['encrypt']};
    accepts({allowedOperations: ['encrypt', 'generateDataKey']}, encrypts);
    refuses({allowedOperations: ['rewrap']}, /allowedOperations/, encrypts);
  });

  it('allows algorithms that the key has', () => {
    const rsa: PolicyContext = {type: RSA, current: 1};
    accepts({allowedAlgorithms: ['RS256', 'RSA-OAEP-256']}, rsa);
    refuses({allowedAlgorithms: ['RS256', 'ES256']}, /allowedAlgorithms/, rsa);
    const signs: PolicyContext = {...rsa, keyOps: ['sign', 'verify']};
    accepts({allowedAlgorithms: ['PS512']}, signs);
    refuses({allowedAlgorithms: ['RSA-OAEP-256']}, /allowedAlgorithms/, signs);
    refuses({allowedAlgorithms: ['PS256']}, /allowedAlgorithms/, {...rsa, keyOps: ['decrypt']});
  });

  it('says what the key has, where it names something else', () => {
    expect(() => assertPolicy({allowedAlgorithms: ['constructor']}, aes))
      .to.throw(MalformedRequestError)
      .with.deep.property('details', {supported: ['A256GCM']});
    expect(() => assertPolicy({allowedOperations: ['wrapKey']}, aes))
      .to.throw(MalformedRequestError)
      .with.deep.property('details', {supported: ['encrypt', 'decrypt', 'rewrap', 'generateDataKey']});
  });

  it('can name every use and every algorithm of every type, and those alone', () => {
    for (const type of Object.values(KEY_TYPES)) {
      const [uses, algorithms] = [usesOf({}, type), algorithmsOf({}, type)];
      const policy = {
        allowedOperations: uses,
        ...(algorithms.length > 0 && {allowedAlgorithms: algorithms}),
      };
      assertPolicy(policy, {type, current: 1});
      const {signatureAlgorithms = [], encryptionAlgorithms = []} = type;
      expect(algorithms, type.name).to.deep.equal([...signatureAlgorithms, ...encryptionAlgorithms]);
    }
  });
});

describe('policy after another', () => {
  it('replaces it whole', () => {
    expect(nextPolicy({maxDataBytes: 5, minVersions: 2}, {maxDataBytes: 6})).to.deep.equal({maxDataBytes: 6});
    expect(nextPolicy({maxDataBytes: 5, deletionProtection: true}, undefined)).to.equal(undefined);
    expect(nextPolicy(undefined, {maxDataBytes: 6})).to.deep.equal({maxDataBytes: 6});
  });

  it('leaves or takes what makes the key exportable, and never gives it', () => {
    expect(nextPolicy({exportable: true}, {exportable: true})).to.deep.equal({exportable: true});
    expect(nextPolicy({exportable: true}, {})).to.deep.equal({});
    expect(nextPolicy({exportable: true}, undefined)).to.equal(undefined);
    for (const previous of [undefined, {}, {exportable: false}]) {
      expect(() => nextPolicy(previous, {exportable: true}))
        .to.throw(KeyPolicyError)
        .with.deep.property('details', {policy: 'exportable'});
      expect(nextPolicy(previous, {exportable: false})).to.deep.equal({exportable: false});
    }
  });

  it('keeps the floor of versions where it does not name one, and never lowers it', () => {
    const previous = {minDecryptVersion: 2};
    expect(nextPolicy(previous, undefined)).to.deep.equal(previous);
    expect(nextPolicy(previous, {maxDataBytes: 1})).to.deep.equal({...previous, maxDataBytes: 1});
    expect(nextPolicy(previous, {minDecryptVersion: 2})).to.deep.equal({minDecryptVersion: 2});
    expect(nextPolicy(previous, {minDecryptVersion: 3})).to.deep.equal({minDecryptVersion: 3});
    expect(() => nextPolicy(previous, {minDecryptVersion: 1}))
      .to.throw(KeyPolicyError)
      .with.deep.property('details', {policy: 'minDecryptVersion'});
  });
});

describe('when a key is due', () => {
  const due = (policy: KeyPolicy, members: Partial<KeyRecord> = {}): number | undefined =>
    nextDueAt({...newRecord({policy}), ...members});
  const rotation = {afterSeconds: 86_400};

  it('is when its newest version is as old as the policy lets it be', () => {
    expect(due({rotation})).to.equal(T0 + DAY_MS);
    const [version] = newRecord().versions;
    const versions = [version!, {...version!, version: 2, createdAt: T0 + 5}];
    expect(due({rotation}, {versions})).to.equal(T0 + DAY_MS + 5);
  });

  it('is never where the policy rotates by uses only, or not at all', () => {
    expect(due({rotation: {afterUses: 5}})).to.equal(undefined);
    expect(nextDueAt(newRecord())).to.equal(undefined);
  });

  it('is not before its usage window opens, nor when that has closed', () => {
    expect(due({rotation, usageWindow: {notBefore: T0 + DAY_MS + 1}})).to.equal(T0 + DAY_MS + 1);
    expect(due({rotation, usageWindow: {notBefore: T0 + DAY_MS - 1}})).to.equal(T0 + DAY_MS);
    expect(due({rotation, usageWindow: {notAfter: T0 + DAY_MS + 1}})).to.equal(T0 + DAY_MS);
    expect(due({rotation, usageWindow: {notAfter: T0 + DAY_MS}})).to.equal(undefined);
  });

  it('is the end of the recovery window of a deletion, and never of what is disabled or deleted', () => {
    const deletion = {requestedAt: T0, destroyAt: T0 + 7, restoresTo: 'enabled' as const};
    expect(due({rotation}, {state: 'pendingDeletion', deletion})).to.equal(T0 + 7);
    expect(due({rotation}, {state: 'disabled'})).to.equal(undefined);
    expect(due({}, {state: 'deleted', deletion})).to.equal(undefined);
  });

  const signatures: KeyType = 'Ed25519VerificationKey2020';
  it('is the same for keys with a public alias', () => {
    const record = newRecord({policy: {rotation}, publicAlias: 'did:example:1'}, signatures);
    expect(record.dueAt).to.equal(T0 + DAY_MS);
  });
});
