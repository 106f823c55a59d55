import {generateKeyPair} from 'node:crypto';
import {promisify} from 'node:util';
import {RateLimitError, UnavailableError} from '../errors.ts';

const generate = promisify(generateKeyPair);

const makeKeyPair = (): Promise<ImportKeyPair> =>
  generate('rsa', {
    modulusLength: 3072,
    publicKeyEncoding: {type: 'spki', format: 'der'},
    privateKeyEncoding: {type: 'pkcs8', format: 'der'},
  });

/** Each takes a thread of the pool for a few hundred milliseconds; two of its four are left to signatures and files. */
const MAX_AT_ONCE = 2;
/** Some ten seconds of waiting. */
const MAX_WAITING = 32;

/** DER; the private key is PKCS#8, and zeroed by who asked. */
export interface ImportKeyPair {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

/** Makes RSA-3072 keys off the event loop: a few at once, first come first served, and one at a time for a keystore. */
export class ImportKeyFactory {
  readonly #make: () => Promise<ImportKeyPair>;
  readonly #busy = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(make = makeKeyPair) {
    this.#make = make;
  }

  /** @throws RateLimitError where the keystore waits for one already. @throws UnavailableError where too many others wait. */
  async generate(keystoreId: string): Promise<ImportKeyPair> {
    if (this.#busy.has(keystoreId)) throw new RateLimitError(1);
    if (this.#waiting.length >= MAX_WAITING) {
      throw new UnavailableError('Too many import keys are being made at the moment.');
    }
    this.#busy.add(keystoreId);
    await this.#turn();
    try {
      return await this.#make();
    } finally {
      this.#busy.delete(keystoreId);
      // Whoever is next takes the place of this one.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < MAX_AT_ONCE) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
