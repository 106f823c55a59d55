import {createCipheriv, createSecretKey} from 'node:crypto';
import {inspect} from 'node:util';
import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {MAX_PLAINTEXT_BYTES, openBlob, readKeyId, sealBlob} from '../../lib/sealing/aes-gcm-blob.ts';
import {AesGcmKey} from '../../lib/sealing/aes-gcm-key.ts';
import {SealedBlobError} from '../../lib/sealing/wrapper.ts';

const KEY_BYTES = Uint8Array.from({length: 32}, (_, i) => i);
const KEY = {id: 'kdkv_golden', key: createSecretKey(KEY_BYTES)};
const PLACE = Buffer.from('place');
const OTHER_PLACE = Buffer.from('other');

/** Made by another implementation of AES-GCM from the format's description. */
const GOLDEN = Buffer.from(
  '010b6b646b765f676f6c64656ea0a1a2a3a4a5a6a7a8a9aaab9270190d35a763d60c11e2ab73b20847a12606dbe1146395c409aeaee2',
  'hex',
);

describe('AES-GCM blob', () => {
  it('is format ‖ key id length ‖ key id ‖ nonce ‖ ciphertext ‖ tag', () => {
    const blob = Buffer.from(sealBlob(KEY, Buffer.from('the plaintext'), PLACE));
    expect(blob).to.have.length(GOLDEN.length);
    expect(blob.subarray(0, 13).toString('latin1')).to.equal('\x01\x0bkdkv_golden');
  });

  it('opens a blob of another implementation', () => {
    expect(Buffer.from(openBlob(KEY, GOLDEN, PLACE)).toString()).to.equal('the plaintext');
    expect(() => openBlob(KEY, GOLDEN, OTHER_PLACE)).to.throw(SealedBlobError);
  });

  it('does not take bytes moved between key id and additional data for the same', () => {
    const [short, long] = [
      {...KEY, id: 'ab'},
      {...KEY, id: 'abc'},
    ];
    const blob = Buffer.from(sealBlob(short, Buffer.from('x'), Buffer.from('cplace')));
    expect(Buffer.from(openBlob(short, blob, Buffer.from('cplace'))).toString()).to.equal('x');
    const moved = Buffer.concat([Buffer.from('\x01\x03abc', 'latin1'), blob.subarray(4)]);
    expect(() => openBlob(long, moved, PLACE)).to.throw(SealedBlobError);
  });

  it('takes tags of 16 bytes only', () => {
    const header = GOLDEN.subarray(0, 13);
    const nonce = GOLDEN.subarray(13, 25);
    const build = (authTagLength: number): Buffer => {
      const cipher = createCipheriv('aes-256-gcm', KEY.key, nonce, {authTagLength});
      cipher.setAAD(Buffer.concat([header, PLACE]));
      const ciphertext = Buffer.concat([cipher.update('the plaintext'), cipher.final()]);
      return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()]);
    };
    for (const length of [4, 8, 12, 15])
      expect(() => openBlob(KEY, build(length), PLACE)).to.throw(SealedBlobError);
    expect(build(16).equals(GOLDEN)).to.be.true;
  });

  describe('readKeyId', () => {
    const withHeader = (header: readonly number[]): Buffer =>
      Buffer.concat([Uint8Array.from(header), Buffer.alloc(28)]);

    it('reads the id of a blob that is well-formed, unverified', () => {
      expect(readKeyId(GOLDEN)).to.equal('kdkv_golden');
      expect(readKeyId(withHeader([1, 1, 0x61]))).to.equal('a');
      expect(readKeyId(withHeader([1, 64, ...new Array<number>(64).fill(0x61)]))).to.equal('a'.repeat(64));
    });

    const malformed: readonly (readonly [string, Uint8Array])[] = [
      ['nothing', new Uint8Array(0)],
      ['one byte', Uint8Array.of(1)],
      ['another format', withHeader([0, 1, 0x61])],
      ['a newer format', withHeader([2, 1, 0x61])],
      ['an empty key id', withHeader([1, 0])],
      ['a key id that is too long', withHeader([1, 65, ...new Array<number>(65).fill(0x61)])],
      ['a key id with a space', withHeader([1, 1, 0x20])],
      ['a key id with a newline at its end', withHeader([1, 2, 0x61, 0x0a])],
      ['a key id that is not ASCII', withHeader([1, 2, 0xc3, 0xa9])],
      ['a key id longer than the blob', Uint8Array.of(1, 64, 0x61)],
      ['a blob without room for the tag', withHeader([1, 1, 0x61]).subarray(0, -1)],
      [
        'a blob longer than any',
        Buffer.concat([withHeader([1, 1, 0x61]), Buffer.alloc(MAX_PLAINTEXT_BYTES + 1)]),
      ],
    ];
    for (const [what, blob] of malformed) {
      it(`refuses ${what}`, () => {
        expect(() => readKeyId(blob)).to.throw(SealedBlobError, /^A sealed blob could not be opened\.$/);
        expect(() => openBlob(KEY, blob, PLACE)).to.throw(SealedBlobError);
      });
    }
  });

  it('bounds the plaintext', () => {
    const longest = new Uint8Array(MAX_PLAINTEXT_BYTES);
    expect(openBlob(KEY, sealBlob(KEY, longest, PLACE), PLACE)).to.have.length(MAX_PLAINTEXT_BYTES);
    expect(() => sealBlob(KEY, new Uint8Array(MAX_PLAINTEXT_BYTES + 1), PLACE)).to.throw(
      RangeError,
      'too long',
    );
  });

  it('does not seal under an id that it could not read back', () => {
    for (const id of ['', 'a b', 'é', 'a'.repeat(65)]) {
      expect(() => sealBlob({...KEY, id}, PLACE, PLACE)).to.throw(TypeError, 'A key id is');
    }
    expect(readKeyId(sealBlob({...KEY, id: 'a'.repeat(64)}, PLACE, PLACE))).to.equal('a'.repeat(64));
  });
});

describe('AesGcmKey', () => {
  it('opens what it sealed, and keeps a copy of its bytes', () => {
    const bytes = Uint8Array.from(KEY_BYTES);
    const key = new AesGcmKey('kdkv_golden', bytes);
    bytes.fill(0);
    expect(Buffer.from(key.open(GOLDEN, PLACE)).toString()).to.equal('the plaintext');
    expect(Buffer.from(key.open(key.seal(PLACE, PLACE), PLACE)).toString()).to.equal('place');
  });

  it('refuses keys that are not 32 bytes', () => {
    for (const length of [0, 16, 31, 33]) {
      expect(() => new AesGcmKey('k', new Uint8Array(length))).to.throw(SealedBlobError);
    }
  });

  it('is unavailable once closed', () => {
    const key = new AesGcmKey('kdkv_golden', KEY_BYTES);
    key.close();
    key.close();
    expect(() => key.seal(PLACE, PLACE)).to.throw(UnavailableError);
    expect(() => key.open(GOLDEN, PLACE)).to.throw(UnavailableError);
  });

  it('prints as [redacted]', () => {
    const key = new AesGcmKey('k', KEY_BYTES);
    expect(JSON.stringify({key})).to.equal('{"key":"[redacted]"}');
    expect(inspect({key}, {showHidden: true, depth: 9})).to.equal('{ key: AesGcmKey [redacted] }');
    expect(String(key)).to.equal('AesGcmKey [redacted]');
  });
});
