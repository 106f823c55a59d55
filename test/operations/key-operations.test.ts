import {expect} from 'chai';
import {createPublicKey, verify as nodeVerify} from 'node:crypto';
import {KmsError, MalformedRequestError} from '../../lib/errors.ts';
import {describeKey} from '../../lib/keys/key-description.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {deriveSecret} from '../../lib/operations/derive-secret.ts';
import {sign} from '../../lib/operations/sign.ts';
import {unwrapKey} from '../../lib/operations/unwrap-key.ts';
import {usableKey, type UsableKey} from '../../lib/operations/usable-key.ts';
import {verify} from '../../lib/operations/verify.ts';
import {wrapKey} from '../../lib/operations/wrap-key.ts';
import {rejection, signable} from '../key-modules/fixtures.ts';
import {generateRecord, generateUsableKey, KEY_URL, KEYSTORE, software} from './fixtures.ts';

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

const signing = (data: Uint8Array) =>
  ({type: 'SignOperation', invocationTarget: KEY_URL, verifyData: base64url(data)}) as const;
const verifying = (data: Uint8Array, signatureValue: string) =>
  ({
    type: 'VerifyOperation',
    invocationTarget: KEY_URL,
    verifyData: base64url(data),
    signatureValue,
  }) as const;
const wrapping = (unwrappedKey: string) =>
  ({type: 'WrapKeyOperation', invocationTarget: KEY_URL, unwrappedKey}) as const;
const unwrapping = (wrappedKey: string) =>
  ({type: 'UnwrapKeyOperation', invocationTarget: KEY_URL, wrappedKey}) as const;

describe('SignOperation and VerifyOperation', () => {
  const types = Object.values(KEY_TYPES).filter(({operations}) => operations.includes('sign'));

  for (const type of types) {
    it(`${type.name}: what is signed verifies; nothing else does`, async () => {
      const key = await generateUsableKey(type.name);
      const reply = await sign(signing(signable(type)), key);
      expect(reply).to.have.all.keys('signatureValue');
      const {signatureValue} = reply;
      expect(await verify(verifying(signable(type), signatureValue), key)).to.deep.equal({verified: true});
      expect(await verify(verifying(signable(type, 1), signatureValue), key)).to.deep.equal({
        verified: false,
      });
      expect(await verify(verifying(signable(type), ''), key)).to.deep.equal({verified: false});
    });
  }

  it('sign over the bytes of verifyData, checked without our code: Ed25519', async () => {
    const key = await generateUsableKey('Ed25519VerificationKey2020');
    const data = Buffer.from('what is signed');
    const {signatureValue} = await sign(signing(data), key);
    const x = base64url(key.current().publicKey!);
    const publicKey = createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x}, format: 'jwk'});
    expect(nodeVerify(null, data, publicKey, Buffer.from(signatureValue, 'base64url'))).to.equal(true);
  });

  it('reply with HMAC-SHA-256 of 32 bytes for Sha256HmacKey2019', async () => {
    const key = await generateUsableKey('Sha256HmacKey2019');
    const [first, second] = [await sign(signing(Buffer.of(1)), key), await sign(signing(Buffer.of(1)), key)];
    expect(first).to.deep.equal(second);
    expect(Buffer.from(first.signatureValue, 'base64url')).to.have.length(32);
  });
});

describe('WrapKeyOperation and UnwrapKeyOperation', () => {
  let wrapper: UsableKey;
  let unwrapper: UsableKey;

  before(async () => {
    const record = await generateRecord('AesKeyWrappingKey2019');
    wrapper = usableKey(record, software);
    unwrapper = usableKey(record, software);
  });

  it('give back what was wrapped', async () => {
    for (const length of [16, 24, 32, 4096]) {
      const unwrappedKey = base64url(Buffer.alloc(length, length));
      const reply = await wrapKey(wrapping(unwrappedKey), wrapper);
      expect(reply).to.have.all.keys('wrappedKey');
      expect(Buffer.from(reply.wrappedKey, 'base64url')).to.have.length(length + 8);
      expect(await unwrapKey(unwrapping(reply.wrappedKey), unwrapper)).to.deep.equal({unwrappedKey});
    }
  });

  it('reply null where the wrapped key does not open, of whatever length', async () => {
    const other = await generateUsableKey('AesKeyWrappingKey2019');
    const {wrappedKey} = await wrapKey(wrapping(base64url(Buffer.alloc(32))), other);
    const lengths = [0, 1, 8, 15, 16, 23, 24, 40, 4104].map((length) => base64url(Buffer.alloc(length)));
    for (const text of [wrappedKey, ...lengths]) {
      expect(await unwrapKey(unwrapping(text), unwrapper)).to.deep.equal({unwrappedKey: null});
    }
  });

  it('refuse to wrap what RFC 3394 cannot', async () => {
    for (const length of [0, 1, 8, 15, 17]) {
      const error = await rejection(wrapKey(wrapping(base64url(Buffer.alloc(length))), wrapper));
      expect(error, String(length)).to.be.instanceOf(KmsError).with.property('status', 400);
    }
  });
});

describe('DeriveSecretOperation', () => {
  const types = Object.values(KEY_TYPES).filter(({operations}) => operations.includes('deriveSecret'));

  async function party(name: KeyType) {
    const record = await generateRecord(name);
    const publicKey = describeKey({keyId: KEY_URL, keystoreController: KEYSTORE.controller, record});
    return {key: usableKey(record, software), publicKey: {...publicKey} as PublicKeyBody};
  }
  interface PublicKeyBody {
    readonly type: string;
    readonly publicKeyMultibase: string;
    readonly [member: string]: unknown;
  }
  const deriving = (publicKey: PublicKeyBody) =>
    ({type: 'DeriveSecretOperation', invocationTarget: KEY_URL, publicKey}) as const;

  for (const {name} of types) {
    it(`${name}: both sides derive the same secret, from whole descriptions`, async () => {
      const [alice, bob] = [await party(name), await party(name)];
      const reply = await deriveSecret(deriving(bob.publicKey), alice.key);
      expect(reply).to.have.all.keys('secret');
      expect(await deriveSecret(deriving(alice.publicKey), bob.key)).to.deep.equal(reply);
    });
  }

  it('refuses a public key of another type, and one that is none', async () => {
    const [alice, other] = [
      await party('X25519KeyAgreementKey2020'),
      await party('urn:webkms:multikey:X25519'),
    ];
    for (const publicKey of [other.publicKey, {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: 'z'}]) {
      const error = await rejection(deriveSecret(deriving(publicKey), alice.key));
      expect(error).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.match(/^"publicKey\./);
    }
  });
});

describe('every operation that uses a key', () => {
  /** "QQ" and "QR" are the same byte to a sloppy decoder. */
  const SLOPPY = 'QR';
  const members = ['verifyData', 'signatureValue', 'unwrappedKey', 'wrappedKey'] as const;

  it('refuses base64url of which the unused bits are set', async () => {
    const hmac = await generateUsableKey('Sha256HmacKey2019');
    const kek = await generateUsableKey('AesKeyWrappingKey2019');
    const attempts: Record<(typeof members)[number], (text: string) => Promise<unknown>> = {
      verifyData: async (text) => sign({...signing(Buffer.of()), verifyData: text}, hmac),
      signatureValue: async (text) => verify(verifying(Buffer.of(), text), hmac),
      unwrappedKey: async (text) => wrapKey(wrapping('A'.repeat(20) + text), kek),
      wrappedKey: async (text) => unwrapKey(unwrapping(text), kek),
    };
    for (const member of members) {
      const error = await rejection(attempts[member](SLOPPY));
      expect(error, member).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.equal(`"${member}" must be unpadded base64url.`);
    }
    expect(await attempts.verifyData('QQ')).to.have.property('signatureValue');
    expect(await attempts.signatureValue('QQ')).to.deep.equal({verified: false});
    expect(await attempts.wrappedKey('QQ')).to.deep.equal({unwrappedKey: null});
  });
});

describe('usableKey', () => {
  it("takes a key's last version", async () => {
    const [old, current] = [
      await generateRecord('Ed25519VerificationKey2020'),
      await generateRecord('Ed25519VerificationKey2020'),
    ];
    const [first, second] = [old.versions[0]!, {...current.versions[0]!, version: 2}];
    const key = usableKey({...old, versions: [first, second]}, software);
    expect(key.current()).to.deep.equal({
      keystoreId: old.keystoreId,
      localKeyId: old.localKeyId,
      type: 'Ed25519VerificationKey2020',
      version: 2,
      publicKey: second.publicKey,
      material: second.material,
    });
  });

  it('has no public key for a symmetric key', async () => {
    const key = await generateUsableKey('Sha256HmacKey2019');
    expect(key.current()).to.not.have.property('publicKey');
  });

  it('says nothing to clients of a record that makes no sense', async () => {
    const record = await generateRecord('Ed25519VerificationKey2020');
    for (const broken of [
      {...record, type: 'constructor'},
      {...record, versions: []},
    ]) {
      expect(() => usableKey(broken, software).current()).to.throw('An internal error occurred.');
    }
  });
});
