import {derInteger, derSequence} from '../../../keys/private-key-codec/der-writer.ts';

const INTEGER = 0x02;

/** DER of a non-negative integer, from big-endian bytes of any length (X.690 §8.3). */
function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  return derInteger(start === -1 ? Buffer.of(0) : bytes.subarray(start));
}

/** Writes r‖s, two halves of the same length of at most 66 bytes, as DER `Ecdsa-Sig-Value` (RFC 3279 §2.2.3). */
export function derFromRaw(raw: Uint8Array): Buffer {
  const half = raw.length / 2;
  return derSequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}

/**
 * Writes a DER `Ecdsa-Sig-Value` as r‖s, `size` bytes each.
 * @throws where it is not strict DER, or a number is negative or does not fit.
 */
export function rawFromDer(der: Uint8Array, size: number): Buffer {
  const raw = Buffer.alloc(2 * size);
  const long = der[1] === 0x81;
  const r = readInteger(der, long ? 3 : 2);
  const s = readInteger(der, r.end);
  if (r.value.length > size || s.value.length > size || s.end !== der.length) throw malformed();
  raw.set(r.value, size - r.value.length);
  raw.set(s.value, 2 * size - s.value.length);
  // DER has one spelling of a value: what does not come back the same was not DER.
  if (Buffer.compare(derFromRaw(raw), der) !== 0) throw malformed();
  return raw;
}

/** Of the two signatures r‖s and r‖(n − s), which verify alike, the one with the smaller s; `order` is n, as long as s. */
export function lowS(raw: Buffer, order: Buffer): Buffer {
  const size = order.length;
  const s = BigInt(`0x${raw.toString('hex', size)}`);
  const n = BigInt(`0x${order.toString('hex')}`);
  if (s <= n / 2n) return raw;
  const low = (n - s).toString(16).padStart(2 * size, '0');
  return Buffer.concat([raw.subarray(0, size), Buffer.from(low, 'hex')]);
}

/** The integer at `offset`, without sign byte; leading zeros and the like are left to the caller's comparison. */
function readInteger(der: Uint8Array, offset: number): {value: Uint8Array; end: number} {
  const length = der[offset + 1];
  if (der[offset] !== INTEGER || length === undefined || length === 0) throw malformed();
  const end = offset + 2 + length;
  const value = der.subarray(offset + 2, end);
  return {value: value[0] === 0 && value.length > 1 ? value.subarray(1) : value, end};
}

function malformed(): Error {
  return new Error('Not a DER signature.');
}
