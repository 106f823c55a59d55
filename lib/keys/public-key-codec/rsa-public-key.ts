/** 65,537, big-endian: the only public exponent that there is here. */
export const RSA_EXPONENT = Buffer.of(0x01, 0x00, 0x01);

const INTEGER_EXPONENT = Buffer.of(0x02, RSA_EXPONENT.length, ...RSA_EXPONENT);
/** Of a SEQUENCE, and of an INTEGER, whose lengths are written in two bytes. */
const [SEQUENCE, INTEGER] = [0x30, 0x02];

/** DER of a length between 256 and 65,535 bytes. */
function header(tag: number, length: number): Buffer {
  return Buffer.of(tag, 0x82, length >> 8, length & 0xff);
}

/** Writes DER of an RSAPublicKey (RFC 8017 §A.1.1). `modulus`: big-endian, 2048 bits or more, the highest of them set. */
export function formatRsaPublicKey(modulus: Uint8Array): Buffer {
  // The zero byte says that it is positive.
  const integer = Buffer.concat([header(INTEGER, modulus.length + 1), Buffer.of(0), modulus]);
  const content = Buffer.concat([integer, INTEGER_EXPONENT]);
  return Buffer.concat([header(SEQUENCE, content.length), content]);
}

/** The modulus of what `formatRsaPublicKey` wrote, big-endian, `modulusBits` long. */
export function rsaModulus(publicKey: Uint8Array, modulusBits: number): Uint8Array {
  const end = publicKey.length - INTEGER_EXPONENT.length;
  return publicKey.subarray(end - modulusBits / 8, end);
}
