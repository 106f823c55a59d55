import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateEncrypt,
  sign,
} from 'node:crypto';
import {expect} from 'chai';
import {verifySignature} from '../../lib/client/verify-signature.ts';
import {MalformedRequestError} from '../../lib/errors.ts';
import {KEY_TYPES} from '../../lib/keys/key-types.ts';

const RSA = KEY_TYPES['urn:webkms:multikey:RSA-2048'];
const {privateKey, publicKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
const raw = publicKey.export({format: 'der', type: 'pkcs1'});
const rs256 = {algorithm: 'RS256', prehashed: undefined} as const;
const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

describe('signatures, verified by a public key alone', () => {
  for (const [algorithm, padding] of [
    ['RS256', constants.RSA_PKCS1_PADDING],
    ['PS256', constants.RSA_PKCS1_PSS_PADDING],
  ] as const) {
    it(`are not ${algorithm} signatures whose leading zeros were left out`, async () => {
      // Of 256 signatures one begins with a zero.
      for (let i = 0; ; i++) {
        const data = Buffer.from(`message ${i}`);
        const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
        const signature = sign('sha256', data, {key: privateKey, padding, saltLength});
        if (signature[0] !== 0) continue;
        const check = {scheme: {algorithm, prehashed: undefined}, data};
        expect(await verifySignature(RSA, raw, {...check, signature})).to.equal(true);
        const short = signature.subarray(1);
        expect(await verifySignature(RSA, raw, {...check, signature: short})).to.equal(false);
        break;
      }
    });
  }

  it('have the padding of RFC 8017 to the last byte', async () => {
    const data = Buffer.from('data');
    const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), sha256(data)]);
    const encoded = Buffer.alloc(256, 0xff);
    encoded.set([0, 1]);
    encoded.set([0, ...info], 256 - info.length - 1);
    const seal = (block: Buffer) =>
      privateEncrypt({key: privateKey, padding: constants.RSA_NO_PADDING}, block);
    const scheme = {algorithm: 'RS256', prehashed: 'SHA-256'} as const;
    const verdict = (block: Buffer) =>
      verifySignature(RSA, raw, {scheme, data: sha256(data), signature: seal(block)});
    expect(await verdict(encoded)).to.equal(true);
    for (const position of [1, 2, 100, 256 - info.length - 1, 256 - info.length, 255]) {
      const bent = Buffer.from(encoded);
      bent.writeUInt8(bent.readUInt8(position) ^ 1, position);
      expect(await verdict(bent), `byte ${position}`).to.equal(false);
    }
  });

  it('have a PSS salt as long as the hash', async () => {
    const data = Buffer.from('data');
    for (const [saltLength, good] of [
      [32, true],
      [20, false],
      [0, false],
    ] as const) {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const signature = sign('sha256', data, {key: privateKey, padding, saltLength});
      const whole = {scheme: {algorithm: 'PS256', prehashed: undefined}, data, signature} as const;
      const scheme = {algorithm: 'PS256', prehashed: 'SHA-256'} as const;
      const digest = {scheme, data: sha256(data), signature};
      expect(await verifySignature(RSA, raw, whole), `salt of ${saltLength}`).to.equal(good);
      expect(await verifySignature(RSA, raw, digest), `salt of ${saltLength}`).to.equal(good);
    }
  });

  it('are ECDSA signatures as r‖s, with either s', async () => {
    const type = KEY_TYPES['urn:webkms:multikey:secp256k1'];
    const order = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
    const pair = generateKeyPairSync('ec', {namedCurve: 'secp256k1'});
    const point = pair.publicKey.export({format: 'jwk'});
    const compressed = Buffer.concat([
      Buffer.of(2 + ((Buffer.from(point.y ?? '', 'base64url').at(-1) ?? 0) & 1)),
      Buffer.from(point.x ?? '', 'base64url'),
    ]);
    const data = Buffer.from('data');
    const key = {key: pair.privateKey, dsaEncoding: 'ieee-p1363'} as const;
    const signature = sign('sha256', data, key);
    const other = Buffer.from(signature);
    const s = order - BigInt(`0x${signature.subarray(32).toString('hex')}`);
    other.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32);
    const der = sign('sha256', data, pair.privateKey);
    for (const [given, good] of [
      [signature, true],
      [other, true],
      [der, false],
      [Buffer.alloc(64), false],
      [Buffer.alloc(64, 0xff), false],
      [Buffer.alloc(0), false],
    ] as const) {
      for (const prehashed of [undefined, 'SHA-256'] as const) {
        const scheme = {algorithm: 'ES256K', prehashed} as const;
        const check = {scheme, data: prehashed ? sha256(data) : data, signature: given};
        expect(await verifySignature(type, compressed, check)).to.equal(good);
      }
    }
  });

  it('are verified with no key that is not one of the type', async () => {
    const other = createPublicKey(
      createPrivateKey(
        generateKeyPairSync('rsa', {
          modulusLength: 3072,
          privateKeyEncoding: {format: 'pem', type: 'pkcs8'},
          publicKeyEncoding: {format: 'pem', type: 'spki'},
        }).privateKey,
      ),
    ).export({format: 'der', type: 'pkcs1'});
    const attempt = verifySignature(RSA, other, {scheme: rs256, data: raw, signature: Buffer.alloc(256)});
    expect(await attempt.catch((error: unknown) => error)).to.be.instanceOf(MalformedRequestError);
  });
});
