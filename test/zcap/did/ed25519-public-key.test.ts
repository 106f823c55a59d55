import {generateKeyPairSync} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {
  assertSoundEd25519PublicKey,
  decodeEd25519Multibase,
  encodeEd25519Multibase,
} from '../../../lib/zcap/did/ed25519-public-key.ts';
import {encode, IDENTITY, P, smallOrderPoints, timesEight} from './edwards25519.ts';
import {expectDidError} from './expect-did-refusal.ts';

describe('Ed25519 public keys', () => {
  const sound = Buffer.from(generateKeyPairSync('ed25519').publicKey.export({format: 'jwk'}).x!, 'base64url');

  it('R9 refuses the eight points of small order, with either sign', () => {
    const group = smallOrderPoints();
    expect(new Set(group.map(({x, y}) => `${x},${y}`)).size).to.equal(8);
    for (const point of group) {
      expect(timesEight(point)).to.deep.equal(IDENTITY);
      for (const sign of [0, 1] as const)
        expectDidError(() => assertSoundEd25519PublicKey(encode(point.y, sign)), 'key');
    }
    assertSoundEd25519PublicKey(sound);
  });

  it('R9 refuses every y that is not reduced, with either sign', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      for (const sign of [0, 1] as const)
        expectDidError(() => assertSoundEd25519PublicKey(encode(y, sign)), 'key');
    }
    assertSoundEd25519PublicKey(encode(P - 2n, 0));
    assertSoundEd25519PublicKey(encode(P - 2n, 1));
    assertSoundEd25519PublicKey(encode(2n, 0));
  });

  it('R9 refuses other lengths than 32 bytes', () => {
    for (const length of [0, 31, 33, 64]) {
      expectDidError(() => assertSoundEd25519PublicKey(new Uint8Array(length).fill(7)), 'key');
    }
    assertSoundEd25519PublicKey(new Uint8Array(32).fill(7));
  });

  it('decodes what it encodes, and encodes it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({minLength: 32, maxLength: 32}), (publicKey) => {
        fc.pre(publicKey.slice(1, 31).some((byte) => byte !== 0 && byte !== 0xff));
        const text = encodeEd25519Multibase(publicKey);
        expect(decodeEd25519Multibase(text)).to.deep.equal(publicKey);
      }),
    );
  });

  it('R9 has one spelling for each key: no change of one character is another', () => {
    const text = encodeEd25519Multibase(sound);
    const change = fc.tuple(
      fc.nat(text.length - 1),
      fc.constantFrom(...Array.from('0OIl zZ1mk6+/=-_é\u0000\n')),
    );
    fc.assert(
      fc.property(change, ([at, character]) => {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        fc.pre(changed !== text);
        try {
          expect(decodeEd25519Multibase(changed)).not.to.deep.equal(Uint8Array.from(sound));
        } catch {
          expectDidError(() => decodeEd25519Multibase(changed), 'key');
        }
      }),
    );
    for (const sloppy of [
      ` ${text}`,
      `${text} `,
      `${text}1`,
      text.slice(0, -1),
      text.slice(1),
      `z1${text.slice(1)}`,
      '',
    ]) {
      expectDidError(() => decodeEd25519Multibase(sloppy), 'key');
    }
  });

  it('R9 refuses other multicodecs that look alike', () => {
    // The greatest numbers of 47 base58 digits that begin with `6Mk`, and the least.
    for (const digit of ['z', '1'])
      expectDidError(() => decodeEd25519Multibase(`z6Mk${digit.repeat(44)}`), 'key');
  });
});
