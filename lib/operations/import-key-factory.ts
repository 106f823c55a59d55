import {generateKeyPair} from 'node:crypto';
import {promisify} from 'node:util';
import {RateLimitError, UnavailableError} from '../errors.ts';

const generate = promisify(generateKeyPair);

/** Each takes a thread of the pool for a few hundred milliseconds; two of its four are left to signatures and files. */
const MAX_AT_ONCE = 2;

/** DER; the private key is PKCS#8, and zeroed by who asked. */
export interface ImportKeyPair {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

/** Makes RSA-3072 keys off the event loop: a few at once, of them one for each keystore. */
export class ImportKeyFactory {
  readonly #busy = new Set<string>();

  /** @throws RateLimitError where the keystore waits for one already. @throws UnavailableError where others are waited for. */
  async generate(keystoreId: string): Promise<ImportKeyPair> {
    if (this.#busy.has(keystoreId)) throw new RateLimitError(1);
    if (this.#busy.size >= MAX_AT_ONCE) {
      throw new UnavailableError('Too many import keys are being made at the moment.');
    }
    this.#busy.add(keystoreId);
    try {
      return await generate('rsa', {
        modulusLength: 3072,
        publicKeyEncoding: {type: 'spki', format: 'der'},
        privateKeyEncoding: {type: 'pkcs8', format: 'der'},
      });
    } finally {
      this.#busy.delete(keystoreId);
    }
  }
}
