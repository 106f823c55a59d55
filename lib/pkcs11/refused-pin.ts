import {randomBytes, scrypt, timingSafeEqual} from 'node:crypto';
import {readFile, rename, rm, writeFile} from 'node:fs/promises';
import {promisify} from 'node:util';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const HASH_BYTES = 32;

/**
 * Remembers, in a file, the last PIN that a token refused: by a slow hash with a salt, so that the same one is not tried
 * again, whoever starts the server how often, and that the file does not tell it.
 */
export class RefusedPin {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async is(pin: string): Promise<boolean | undefined> {
    const record = await this.#read();
    if (!record) return undefined;
    return timingSafeEqual(await derive(pin, record.salt, HASH_BYTES), record.hash);
  }

  async remember(pin: string): Promise<void> {
    const salt = randomBytes(16);
    const hash = await derive(pin, salt, HASH_BYTES);
    const text = JSON.stringify({salt: salt.toString('base64url'), hash: hash.toString('base64url')});
    const draft = `${this.path}.${randomBytes(6).toString('hex')}.draft`;
    await writeFile(draft, `${text}\n`, {mode: 0o600, flag: 'wx', flush: true});
    await rename(draft, this.path);
  }

  async forget(): Promise<void> {
    await rm(this.path, {force: true});
  }

  async #read(): Promise<{salt: Buffer; hash: Buffer} | undefined> {
    let text;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const {salt, hash} = readRecord(text);
    if (typeof salt !== 'string' || typeof hash !== 'string') throw this.#malformed();
    const record = {salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url')};
    if (record.hash.length !== HASH_BYTES) throw this.#malformed();
    return record;
  }

  #malformed(): Error {
    return new Error(`${this.path} is not what was written: look at the token's PIN counter, and delete it.`);
  }
}

function readRecord(text: string): {salt?: unknown; hash?: unknown} {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
