import {randomBytes, scrypt, timingSafeEqual} from 'node:crypto';
import {readFile, rename, writeFile} from 'node:fs/promises';
import {promisify} from 'node:util';
import {errorCode} from '../error-code.ts';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const HASH_BYTES = 32;
/** Of the newest: several processes may have PIN files of their own for one token. */
const MOST = 8;

interface Refusals {
  readonly salt: Buffer;
  readonly hashes: readonly Buffer[];
  /** Whether no PIN was right since the newest was refused: the token's count of tries is low on our account. */
  readonly isOpen: boolean;
}

/** What is remembered of a PIN: that it was refused; or that another one was, and none was right since; or neither. */
export type PinMemory = 'refused' | 'another-was' | undefined;

/**
 * Remembers, in a file, PINs that a token refused: by a slow hash with a salt, so that none is tried again, whoever starts
 * the server how often, and that the file does not tell them. They stay wrong when another was right.
 */
export class RefusedPins {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async recall(pin: string): Promise<PinMemory> {
    const record = await this.#read();
    if (!record) return undefined;
    const hash = await derive(pin, record.salt, HASH_BYTES);
    if (record.hashes.some((refused) => timingSafeEqual(hash, refused))) return 'refused';
    return record.isOpen ? 'another-was' : undefined;
  }

  async remember(pin: string): Promise<void> {
    const {salt, hashes} = (await this.#read()) ?? {salt: randomBytes(16), hashes: []};
    const hash = await derive(pin, salt, HASH_BYTES);
    await this.#write({salt, hashes: [...hashes, hash].slice(-MOST), isOpen: true});
  }

  /** Another PIN was right. */
  async settle(): Promise<void> {
    const record = await this.#read();
    if (record?.isOpen) await this.#write({...record, isOpen: false});
  }

  async #write({salt, hashes, isOpen}: Refusals): Promise<void> {
    const encode = (bytes: Buffer): string => bytes.toString('base64url');
    const text = JSON.stringify({salt: encode(salt), hashes: hashes.map(encode), isOpen});
    const draft = `${this.path}.${randomBytes(6).toString('hex')}.draft`;
    await writeFile(draft, `${text}\n`, {mode: 0o600, flag: 'wx', flush: true});
    await rename(draft, this.path);
  }

  async #read(): Promise<Refusals | undefined> {
    let text;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    const record = parseRecord(text);
    if (record) return record;
    throw new Error(`${this.path} is not what was written: look at the token's PIN counter, and delete it.`);
  }
}

function parseRecord(text: string): Refusals | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const {salt, hashes, isOpen} = value as {readonly [Member in keyof Refusals]?: unknown};
  if (typeof salt !== 'string' || typeof isOpen !== 'boolean' || !Array.isArray(hashes)) return undefined;
  const decoded = hashes.map((hash) => Buffer.from(String(hash), 'base64url'));
  if (decoded.some(({length}) => length !== HASH_BYTES)) return undefined;
  return {salt: Buffer.from(salt, 'base64url'), hashes: decoded, isOpen};
}
