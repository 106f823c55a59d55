import {expect} from 'chai';
import {
  KeyPolicyError,
  KeyStateError,
  NotFoundError,
  NotSupportedError,
  PayloadTooLargeError,
} from '../../lib/errors.ts';
import {addVersion, destroyVersion, disableKey, disableVersion} from '../../lib/keys/key-changes.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {
  assertUse,
  findVersion,
  processableVersions,
  type UseOptions,
  versionFor,
} from '../../lib/keys/key-use-rules.ts';
import {KEY_USES} from '../../lib/keys/key-uses.ts';
import type {KeyPolicy, KeyRecord, KeyUse} from '../../lib/storage/key-record.ts';
import {generated, newRecord, T0} from './key-records.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const RSA = 'urn:webkms:multikey:RSA-2048';
const USES = Object.keys(KEY_USES) as KeyUse[];

const use = (record: KeyRecord, name: KeyUse, options: Partial<UseOptions> = {}): void =>
  assertUse(record, KEY_TYPES[record.type as KeyType], name, {now: T0, ...options});
const withPolicy = (policy: KeyPolicy, type: KeyType = AES): KeyRecord => newRecord({policy}, type);

/** What each kind of key can be used for, written out. */
const SIGNS: readonly KeyUse[] = ['sign', 'verify'];
const ENCRYPTS: readonly KeyUse[] = ['encrypt', 'decrypt', 'rewrap', 'generateDataKey'];
const DERIVES: readonly KeyUse[] = ['deriveSecret'];
function usesOfType(name: string): readonly KeyUse[] {
  if (name === AES) return ENCRYPTS;
  if (name.includes('RSA')) return [...SIGNS, ...ENCRYPTS];
  if (name === 'AesKeyWrappingKey2019') return ['wrapKey', 'unwrapKey'];
  if (/X25519|ECDH/.test(name)) return DERIVES;
  return name.includes('ML-KEM') ? ['encapsulate', 'decapsulate'] : SIGNS;
}

describe('the operations matrix', () => {
  for (const type of Object.values(KEY_TYPES)) {
    for (const name of USES) {
      const can = usesOfType(type.name).includes(name);
      it(`${type.name}: ${name} is ${can ? 'done' : 'refused'}`, () => {
        const record = newRecord({}, type.name);
        if (can) {
          use(record, name);
          return;
        }
        expect(() => use(record, name))
          .to.throw(NotSupportedError)
          .with.deep.property('details', {supported: type.operations});
      });
    }
  }

  it('is narrowed by what the key was made for', () => {
    const signs = newRecord({keyOps: ['sign', 'verify']}, RSA);
    const decrypts = newRecord({keyOps: ['decrypt']}, RSA);
    for (const name of USES) {
      if (SIGNS.includes(name)) use(signs, name);
      else expect(() => use(signs, name)).to.throw(NotSupportedError);
      if (name === 'decrypt') use(decrypts, name);
      else {
        expect(() => use(decrypts, name))
          .to.throw(NotSupportedError)
          .with.deep.property('details', {supported: ['decrypt']});
      }
    }
  });
});

describe('algorithms of uses', () => {
  for (const [type, name, good, bad] of [
    [RSA, 'sign', 'RS512', 'ES256'],
    [RSA, 'verify', 'PS384', 'RSA-OAEP-256'],
    [RSA, 'encrypt', 'RSA-OAEP-256', 'PS256'],
    [RSA, 'rewrap', 'RSA-OAEP-256', 'A256GCM'],
    [AES, 'decrypt', 'A256GCM', 'constructor'],
    ['urn:webkms:multikey:P-384', 'sign', 'ES384', 'ES256'],
  ] as const) {
    it(`${type}: ${name} by ${good}, not by ${bad}`, () => {
      use(newRecord({}, type), name, {algorithm: good});
      expect(() => use(newRecord({}, type), name, {algorithm: bad})).to.throw(NotSupportedError);
    });
  }

  it('are none where there is nothing to choose', () => {
    expect(() => use(newRecord({}, 'X25519KeyAgreementKey2020'), 'deriveSecret', {algorithm: 'ECDH-ES'}))
      .to.throw(NotSupportedError)
      .with.deep.property('details', {supported: []});
  });

  it("are those of the policy: the type's first, where none is asked for", () => {
    const record = withPolicy({allowedAlgorithms: ['PS512', 'RSA-OAEP-256']}, RSA);
    use(record, 'sign', {algorithm: 'PS512'});
    use(record, 'encrypt');
    for (const options of [{}, {algorithm: 'PS256'}]) {
      expect(() => use(record, 'sign', options))
        .to.throw(KeyPolicyError, /PS256/)
        .with.deep.property('details', {policy: 'allowedAlgorithms'});
    }
    expect(() => use(withPolicy({allowedAlgorithms: ['PS256']}, RSA), 'decrypt')).to.throw(KeyPolicyError);
  });
});

describe('states and uses', () => {
  const window = {notBefore: T0, notAfter: T0 + 1000};

  it('are: nothing before the usage window, everything in it, processing after it', () => {
    const record = withPolicy({usageWindow: window}, RSA);
    for (const name of usesOfType(RSA)) {
      expect(() => use(record, name, {now: T0 - 1}))
        .to.throw(KeyStateError)
        .with.deep.property('details', {state: 'created'});
      use(record, name, {now: T0});
      use(record, name, {now: T0 + 999});
      if (name === 'verify' || name === 'decrypt') use(record, name, {now: T0 + 1000});
      else {
        expect(() => use(record, name, {now: T0 + 1000}))
          .to.throw(KeyStateError)
          .with.deep.property('details', {state: 'expired'});
      }
    }
  });

  it('are: a secret is derived after it too, to read what was sent before', () => {
    const record = withPolicy({usageWindow: window}, 'X25519KeyAgreementKey2020');
    use(record, 'deriveSecret', {now: T0 + 1000});
    expect(() => use(record, 'deriveSecret', {now: T0 - 1})).to.throw(KeyStateError);
  });

  for (const state of ['disabled', 'pendingDeletion', 'deleted'] as const) {
    it(`${state}: nothing`, () => {
      for (const name of usesOfType(RSA)) {
        expect(() => use({...newRecord({}, RSA), state}, name))
          .to.throw(KeyStateError)
          .with.deep.property('details', {state});
      }
    });
  }
});

describe('policies and uses', () => {
  it('are: those operations alone that are allowed', () => {
    const record = withPolicy({allowedOperations: ['encrypt', 'decrypt']});
    use(record, 'encrypt');
    use(record, 'decrypt');
    for (const name of ['rewrap', 'generateDataKey'] as const) {
      expect(() => use(record, name))
        .to.throw(KeyPolicyError)
        .with.deep.property('details', {policy: 'allowedOperations'});
    }
  });

  it('are: data of so many bytes at most', () => {
    const record = withPolicy({maxDataBytes: 10});
    use(record, 'encrypt', {dataBytes: 10});
    expect(() => use(record, 'encrypt', {dataBytes: 11}))
      .to.throw(PayloadTooLargeError)
      .with.deep.property('details', {policy: 'maxDataBytes'});
    use(newRecord(), 'encrypt', {dataBytes: 1e9});
  });
});

describe('versions of uses', () => {
  /** 1 destroyed, 2 disabled, 3 retired, 4 and 5 older, 6 current. */
  function record(): KeyRecord {
    let made = newRecord();
    while (made.versions.length < 6) made = addVersion(made, generated(AES), T0);
    made = destroyVersion(disableVersion(made, 1, T0), 1, T0);
    return {...disableVersion(made, 2, T0), policy: {minDecryptVersion: 4}};
  }

  it('are those that process, newest first', () => {
    expect(processableVersions(record()).map(({version}) => version)).to.deep.equal([6, 5, 4]);
    expect(processableVersions(newRecord()).map(({version}) => version)).to.deep.equal([1]);
  });

  it('are found by number, where they process', () => {
    for (const number of [4, 5, 6]) expect(versionFor(record(), number).version).to.equal(number);
    for (const [number, state] of [
      [1, 'destroyed'],
      [2, 'disabled'],
      [3, 'retired'],
    ] as const) {
      expect(() => versionFor(record(), number))
        .to.throw(KeyStateError, `Version ${number} of the key is ${state}.`)
        .with.deep.property('details', {state});
      expect(findVersion(record(), number).version).to.equal(number);
    }
    for (const number of [0, 7, -1]) {
      expect(() => versionFor(record(), number)).to.throw(NotFoundError);
      expect(() => findVersion(record(), number)).to.throw(NotFoundError);
    }
  });

  it('do not depend on the state of the key: that is asked first', () => {
    expect(processableVersions(disableKey(record(), T0))).to.have.length(3);
  });
});
