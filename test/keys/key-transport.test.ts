import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import {expect} from 'chai';
import {MalformedRequestError} from '../../lib/errors.ts';
import {wrapPadded} from '../../lib/keys/aes-kwp.ts';
import {parseRecipient, unwrapTransported, wrapForTransport} from '../../lib/keys/key-transport.ts';
import {findNamedKeyType} from '../../lib/keys/key-types.ts';
import {flipBit} from '../key-modules/fixtures.ts';
import {outsideKey} from './outside-keys.ts';

const SECRET = Buffer.from('a secret of thirty-three bytes, é');
const OAEP = {padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256'};
const spkiOf = (key: KeyObject): Buffer => key.export({format: 'der', type: 'spki'});

describe('key transport', () => {
  const {privateKey, publicKey} = outsideKey(findNamedKeyType('rsa2048')!);

  it('is AES-KWP under a fresh key of 32 bytes, under RSA-OAEP with SHA-256', () => {
    const first = wrapForTransport(publicKey, SECRET);
    const second = wrapForTransport(publicKey, SECRET);
    const [key, other] = [first, second].map(({encryptedWrappingKey}) =>
      privateDecrypt({key: privateKey, ...OAEP}, encryptedWrappingKey),
    );
    expect(key!.length).to.equal(32);
    expect(key).to.not.deep.equal(other);
    expect(first.wrappedKey).to.deep.equal(wrapPadded(key!, SECRET));
    expect(unwrapTransported(privateKey, first)).to.deep.equal(SECRET);
  });

  it('does not open where anything is another, and does not say what', () => {
    const good = wrapForTransport(publicKey, SECRET);
    const wrong = {
      'wrapped key': {...good, wrappedKey: flipBit(good.wrappedKey, 9)},
      'no wrapped key': {...good, wrappedKey: Buffer.alloc(0)},
      'encrypted key': {...good, encryptedWrappingKey: flipBit(good.encryptedWrappingKey, 9)},
      'no encrypted key': {...good, encryptedWrappingKey: Buffer.alloc(0)},
      'an encrypted key above the modulus': {...good, encryptedWrappingKey: Buffer.alloc(256, 0xff)},
      'another’s encrypted key': {
        ...good,
        encryptedWrappingKey: wrapForTransport(publicKey, SECRET).encryptedWrappingKey,
      },
    };
    for (const [name, transported] of Object.entries(wrong))
      expect(unwrapTransported(privateKey, transported), name).to.equal(undefined);
    expect(unwrapTransported(outsideKey(findNamedKeyType('rsa3072')!).privateKey, good)).to.equal(undefined);
    expect(unwrapTransported(privateKey, good)).to.deep.equal(SECRET);
  });

  it('opens only what is wrapped so: no other hash, no label, no other padding, no key of another length', () => {
    const wrappingKey = randomBytes(32);
    const wrappedKey = wrapPadded(wrappingKey, SECRET);
    const opened = (options: object, key = wrappingKey) =>
      unwrapTransported(privateKey, {
        wrappedKey,
        encryptedWrappingKey: publicEncrypt({key: publicKey, ...OAEP, ...options}, key),
      });
    expect(opened({})).to.deep.equal(SECRET);
    expect(opened({oaepHash: 'sha1'})).to.equal(undefined);
    expect(opened({oaepLabel: Buffer.from('label')})).to.equal(undefined);
    expect(opened({padding: constants.RSA_PKCS1_PADDING})).to.equal(undefined);
    expect(opened({}, Buffer.concat([wrappingKey, Buffer.of(0)]))).to.equal(undefined);
    expect(opened({}, wrappingKey.subarray(0, 31))).to.equal(undefined);
  });

  describe('recipient', () => {
    const refuse = (der: Uint8Array) =>
      expect(() => parseRecipient(der)).to.throw(
        MalformedRequestError,
        /^The recipient's "publicKey" must be an RSA key/,
      );

    it('is an RSA key of 2048 bits or more', () => {
      for (const name of ['rsa2048', 'rsa3072', 'rsa4096']) {
        const key = outsideKey(findNamedKeyType(name)!).publicKey;
        expect(parseRecipient(spkiOf(key)).equals(key)).to.equal(true);
      }
    });

    it('is nothing else', () => {
      const rsa = (options: object) =>
        spkiOf(generateKeyPairSync('rsa', {modulusLength: 2048, ...options}).publicKey);
      refuse(rsa({modulusLength: 1024}));
      refuse(rsa({modulusLength: 2040}));
      refuse(rsa({publicExponent: 3}));
      refuse(spkiOf(generateKeyPairSync('rsa-pss', {modulusLength: 2048}).publicKey));
      refuse(spkiOf(generateKeyPairSync('ec', {namedCurve: 'P-256'}).publicKey));
      refuse(Buffer.concat([spkiOf(publicKey), Buffer.of(0)]));
      refuse(spkiOf(publicKey).subarray(1));
      refuse(privateKey.export({format: 'der', type: 'pkcs8'}));
      refuse(publicKey.export({format: 'der', type: 'pkcs1'}));
      refuse(Buffer.alloc(0));
      refuse(randomBytes(300));
    });
  });
});
