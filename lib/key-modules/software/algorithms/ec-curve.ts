import {createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes} from 'node:crypto';
import {promisify} from 'node:util';
import {compressPoint} from '../../../keys/public-key-codec/ec-point.ts';
import {asBuffer, type GeneratedPair, requireLength} from '../software-algorithm.ts';

const generateOffThread = promisify(generateKeyPair);

export type NamedCurve = 'P-256' | 'P-384' | 'P-521' | 'secp256k1';

/** A prime curve of NIST (SP 800-186), or secp256k1 (SEC 2 §2.4.1). */
export interface EcCurve {
  readonly namedCurve: NamedCurve;
  /** Bytes of a coordinate, and of a scalar. */
  readonly size: number;
  /** The group's order n, big-endian. */
  readonly order: Buffer;
  /** The hash that ECDSA uses with it. */
  readonly hash: string;
  /** Whether an operation takes a millisecond or so, and belongs on the thread pool. */
  readonly slow: boolean;
  /** Whether signatures are made with the smaller of s and n − s, as those who use the curve expect. */
  readonly lowS?: true;
}

export const P256: EcCurve = {
  namedCurve: 'P-256',
  size: 32,
  order: Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'),
  hash: 'sha256',
  slow: false,
};

export const P384: EcCurve = {
  namedCurve: 'P-384',
  size: 48,
  order: Buffer.from(
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    'hex',
  ),
  hash: 'sha384',
  slow: true,
};

export const P521: EcCurve = {
  namedCurve: 'P-521',
  size: 66,
  order: Buffer.from(
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa' +
      '51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    'hex',
  ),
  hash: 'sha512',
  slow: true,
};

export const SECP256K1: EcCurve = {
  namedCurve: 'secp256k1',
  size: 32,
  order: Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex'),
  hash: 'sha256',
  slow: false,
  lowS: true,
};

export const EC_CURVES: Readonly<Record<NamedCurve, EcCurve>> = {
  'P-256': P256,
  'P-384': P384,
  'P-521': P521,
  secp256k1: SECP256K1,
};

/** Whether `bytes`, of the curve's size, is in [1, n−1]. */
export function isScalar({order}: EcCurve, bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte !== 0) && Buffer.compare(bytes, order) < 0;
}

/** A new scalar; on a curve whose public keys take a millisecond or so with its own, both made on the thread pool. */
export function generateEcSecret(curve: EcCurve): Buffer | Promise<GeneratedPair> {
  return curve.slow ? generatePair(curve) : generateScalar(curve);
}

async function generatePair({namedCurve}: EcCurve): Promise<GeneratedPair> {
  const {privateKey, publicKey} = await generateOffThread('ec', {namedCurve});
  return {
    secret: privateKey.export({format: 'raw-private'}),
    publicKey: compressPoint(publicKey.export({format: 'raw-public'})),
  };
}

/** A scalar in [1, n−1], by testing candidates (FIPS 186-5 §A.2.2). */
export function generateScalar(curve: EcCurve): Buffer {
  for (;;) {
    const candidate = randomBytes(curve.size);
    // The order's first byte is 0xff, or 0x01 on P-521: all of the bits below its highest.
    candidate.writeUInt8(candidate.readUInt8() & curve.order.readUInt8());
    if (isScalar(curve, candidate)) return candidate;
  }
}

/** @returns the private key and its public key as compressed point. @throws where `scalar` is not in [1, n−1] or not of the curve's size. */
export function openScalar(curve: EcCurve, scalar: Buffer): {privateKey: KeyObject; publicKey: Buffer} {
  requireLength(scalar, curve.size);
  // OpenSSL takes 0 and n.
  if (!isScalar(curve, scalar)) throw new RangeError('The secret is not in the range of the curve.');
  const {namedCurve} = curve;
  const privateKey = createPrivateKey({
    key: scalar,
    format: 'raw-private',
    asymmetricKeyType: 'ec',
    namedCurve,
  });
  const point = createPublicKey(privateKey).export({format: 'raw-public'});
  return {privateKey, publicKey: compressPoint(point)};
}

/** @throws where `publicKey` is not a compressed point of the curve: other encodings of a point are refused. */
export function openCompressedPoint({namedCurve, size}: EcCurve, publicKey: Uint8Array): KeyObject {
  requireLength(publicKey, 1 + size);
  return createPublicKey({
    key: asBuffer(publicKey),
    format: 'raw-public',
    asymmetricKeyType: 'ec',
    namedCurve,
  });
}
