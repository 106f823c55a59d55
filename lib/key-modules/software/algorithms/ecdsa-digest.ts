import type {KeyObject} from 'node:crypto';
import {invert} from '@noble/curves/abstract/modular.js';
import {type EcCurve, generateScalar, openScalar} from './ec-curve.ts';
import {lowS} from './ecdsa-signature.ts';

const toBigInt = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);
const toBytes = (value: bigint, size: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex');

/**
 * ECDSA (FIPS 186-5 §6.4.1) over a digest as long as the curve's own hash, which node:crypto does not sign: it hashes
 * whatever it is given. @returns r‖s.
 *
 * OpenSSL multiplies the base point by the nonce, in constant time: that is where nonces leak, and with them keys. The
 * rest is arithmetic modulo n with JavaScript's BigInt, which is not of constant time and leaves copies in memory; so all
 * that it multiplies and inverts is blinded by a random b: s = (b·k)⁻¹ · (b·e + r·(b·d)). Only the factors of b·k and b·d
 * meet it bare.
 */
export function signDigest(curve: EcCurve, privateKey: KeyObject, digest: Uint8Array): Buffer {
  const {order, size} = curve;
  const n = toBigInt(order);
  const mod = (value: bigint): bigint => value % n;
  // No hash here is longer than its curve's order, so that none is truncated.
  const e = toBigInt(Buffer.from(digest));
  const scalar = privateKey.export({format: 'raw-private'});
  const [nonce, blind] = [generateScalar(curve), generateScalar(curve)];
  try {
    const [d, k, b] = [toBigInt(scalar), toBigInt(nonce), toBigInt(blind)];
    const r = mod(toBigInt(openScalar(curve, nonce).publicKey.subarray(1)));
    const s = mod(invert(mod(b * k), n) * mod(b * e + r * mod(b * d)));
    // One in 2^256.
    if (r === 0n || s === 0n) return signDigest(curve, privateKey, digest);
    const signature = Buffer.concat([toBytes(r, size), toBytes(s, size)]);
    return curve.lowS ? lowS(signature, order) : signature;
  } finally {
    for (const secret of [scalar, nonce, blind]) secret.fill(0);
  }
}
