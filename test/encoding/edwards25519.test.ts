import {generateKeyPairSync} from 'node:crypto';
import {ed25519} from '@noble/curves/ed25519.js';
import {expect} from 'chai';
import fc from 'fast-check';
import {isEdwards25519Point} from '../../lib/encoding/edwards25519.ts';

describe('points of edwards25519', () => {
  const isPoint = (bytes: Uint8Array): boolean => {
    try {
      return Boolean(ed25519.Point.fromBytes(bytes));
    } catch {
      return false;
    }
  };

  it('are public keys', () => {
    for (let keys = 0; keys < 20; keys++) {
      const {publicKey} = generateKeyPairSync('ed25519');
      expect(isEdwards25519Point(Buffer.from(publicKey.export({format: 'jwk'}).x!, 'base64url'))).to.equal(
        true,
      );
    }
  });

  it('are, of whatever 32 bytes, those that another implementation takes for one', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(fc.uint8Array({minLength: 32, maxLength: 32}), (bytes) => {
        seen.add(isPoint(bytes));
        expect(isEdwards25519Point(bytes)).to.equal(isPoint(bytes));
      }),
      {
        examples: [
          [Buffer.alloc(32, 0xff)],
          [Buffer.of(0xed, ...Buffer.alloc(30, 0xff), 0x7f)],
          [Buffer.alloc(32)],
        ],
      },
    );
    expect([...seen]).to.have.members([true, false]);
  });

  it('have 32 bytes', () => {
    for (const length of [0, 31, 33]) expect(isEdwards25519Point(Buffer.alloc(length))).to.equal(false);
    expect(isEdwards25519Point(Buffer.alloc(32))).to.equal(true);
  });
});
