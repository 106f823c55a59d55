import {argon2, randomBytes} from 'node:crypto';
import {promisify} from 'node:util';

/** How a passphrase becomes a key: Argon2id, version 0x13 (RFC 9106), 32 bytes. Stored with the root wrapper. */
export interface Argon2Parameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
  /** 16 bytes. */
  readonly salt: Uint8Array;
}

const TAG_BYTES = 32;
const SALT_BYTES = 16;
const MEMBERS = ['kdf', 'memoryKiB', 'parallelism', 'passes', 'salt', 'tagLength', 'version'];

/**
 * What the store says is bounded, so that whoever can write to it cannot keep the server busy for long. Weaker
 * parameters in a changed row give another key, which is refused before anything is sealed with it.
 */
const MAX = {memoryKiB: 1_048_576, passes: 24, parallelism: 16} as const;

/** RFC 9106, section 4, second recommended option, but for one lane: node:crypto computes them one after the other. */
export function newArgon2Parameters(): Argon2Parameters {
  return {memoryKiB: 65_536, passes: 3, parallelism: 1, salt: randomBytes(SALT_BYTES)};
}

/** As the store keeps them: JSON, the salt as base64url. */
export function formatArgon2Parameters({memoryKiB, passes, parallelism, salt}: Argon2Parameters): string {
  return JSON.stringify({
    kdf: 'argon2id',
    version: 0x13,
    memoryKiB,
    passes,
    parallelism,
    tagLength: TAG_BYTES,
    salt: Buffer.from(salt).toString('base64url'),
  });
}

/** @returns undefined where they are not parameters of this format, within bounds. */
export function parseArgon2Parameters(text: string): Argon2Parameters | undefined {
  const members = parseMembers(text);
  if (members?.['kdf'] !== 'argon2id' || members['version'] !== 0x13 || members['tagLength'] !== TAG_BYTES) {
    return undefined;
  }
  const {memoryKiB, passes, parallelism, salt} = members;
  if (!isWhole(parallelism, 1, MAX.parallelism) || !isWhole(passes, 1, MAX.passes)) return undefined;
  // RFC 9106, section 3.1: at least 8 KiB a lane.
  if (!isWhole(memoryKiB, 8 * parallelism, MAX.memoryKiB)) return undefined;
  if (typeof salt !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(salt)) return undefined;
  return {memoryKiB, passes, parallelism, salt: Buffer.from(salt, 'base64url')};
}

/** @returns 32 bytes, which the caller overwrites. */
export function stretch(
  passphrase: Uint8Array,
  {memoryKiB, passes, parallelism, salt}: Argon2Parameters,
): Promise<Uint8Array> {
  const cost = {memory: memoryKiB, passes, parallelism};
  return promisify(argon2)('argon2id', {message: passphrase, nonce: salt, tagLength: TAG_BYTES, ...cost});
}

function parseMembers(text: string): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.keys(value).sort().join() === MEMBERS.join() ? {...value} : undefined;
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && typeof value === 'number' && value >= min && value <= max;
}
