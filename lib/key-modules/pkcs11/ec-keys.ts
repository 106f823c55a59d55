import {CKA} from '../../pkcs11/cryptoki.ts';
import type {Pkcs11Token, TokenObject} from '../../pkcs11/pkcs11-token.ts';
import {privateKeyTemplate, publicKeyTemplate} from './templates.ts';

/** DER of the OIDs that name curves. */
const CURVE_OIDS = Object.freeze({
  'P-256': Buffer.from('06082a8648ce3d030107', 'hex'),
  'P-384': Buffer.from('06052b81040022', 'hex'),
  'P-521': Buffer.from('06052b81040023', 'hex'),
  secp256k1: Buffer.from('06052b8104000a', 'hex'),
  Ed25519: Buffer.from('06032b6570', 'hex'),
  X25519: Buffer.from('06032b656e', 'hex'),
});

const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;

/** Makes a pair of keys. @returns the public point as the curve encodes it, `pointBytes` long. */
export async function generateEcPair(
  token: Pkcs11Token,
  object: TokenObject,
  {
    mechanism,
    curve,
    use,
    pointBytes,
  }: {
    readonly mechanism: number;
    readonly curve: keyof typeof CURVE_OIDS;
    readonly use: 'SIGN' | 'DERIVE';
    readonly pointBytes: number;
  },
): Promise<Buffer> {
  const [point] = await token.generateKeyPair(object, {
    mechanism: {mechanism},
    publicTemplate: publicKeyTemplate(use === 'SIGN' ? 'VERIFY' : undefined, [
      {type: CKA.EC_PARAMS, value: CURVE_OIDS[curve]},
    ]),
    privateTemplate: privateKeyTemplate(use),
    read: [CKA.EC_POINT],
  });
  return readPoint(point ?? new Uint8Array(), pointBytes);
}

/**
 * CKA_EC_POINT: DER of an OCTET STRING, and of some libraries a BIT STRING, or the bare point.
 * @throws RangeError where it holds no point of that length
 */
export function readPoint(attribute: Uint8Array, pointBytes: number): Buffer {
  const bytes = Buffer.from(attribute);
  const long = pointBytes >= 0x80 ? [0x81] : [];
  const prefixes = [
    Buffer.alloc(0),
    Buffer.from([OCTET_STRING, ...long, pointBytes]),
    Buffer.from([BIT_STRING, ...(pointBytes + 1 >= 0x80 ? [0x81] : []), pointBytes + 1, 0]),
  ];
  for (const prefix of prefixes) {
    if (bytes.length === prefix.length + pointBytes && bytes.subarray(0, prefix.length).equals(prefix))
      return bytes.subarray(prefix.length);
  }
  throw new RangeError(`The token gave no point of ${pointBytes} bytes.`);
}
