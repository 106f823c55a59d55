import {
  createCipheriv,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';

/** What a request is for, once it was authorised. */
export type LimitWork = 'none' | 'sign' | 'hmac' | 'encrypt' | 'generate';

const {publicKey, privateKey} = generateKeyPairSync('ed25519');
/** As long as the text that the signature of a request with a root capability covers. */
const SIGNED = randomBytes(600);
const SIGNATURE = sign(null, SIGNED, privateKey);
const SECRET = createSecretKey(randomBytes(32));

const WORK: Readonly<Record<LimitWork, (body: Buffer) => string>> = {
  none: () => '',
  sign: (body) => sign(null, body.subarray(-64), privateKey).toString('base64url'),
  hmac: (body) => createHmac('sha256', SECRET).update(body.subarray(-64)).digest('base64url'),
  encrypt: (body) => {
    const cipher = createCipheriv('aes-256-gcm', SECRET, randomBytes(12));
    return Buffer.concat([cipher.update(body.subarray(-64)), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  },
  generate: () => generateKeyPairSync('ed25519').publicKey.export({format: 'jwk'}).x ?? '',
};

/**
 * What no server of the kind can do without, and nothing else: for `/<n>/<work>`, n Ed25519 verifications and the work itself,
 * with keys that are kept. Nothing of the request is looked at but its path and its body's last bytes; nothing is parsed, hashed,
 * looked up or logged.
 */
export function doLimitWork(path: string, body: Buffer): string {
  const [, verifications = '', work = ''] = path.split('/');
  for (let count = Number(verifications); count > 0; count--) {
    if (!verify(null, SIGNED, publicKey, SIGNATURE)) throw new Error('Unreachable.');
  }
  return `{"value":"${WORK[work as LimitWork](body)}"}`;
}
