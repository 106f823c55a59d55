import {closeSync, openSync, readFileSync, readSync} from 'node:fs';

/** How a secret might lie about: as bytes, from either end, or written down. */
export function spellings(secret: Buffer): readonly Buffer[] {
  return [
    secret,
    Buffer.from(secret).reverse(),
    Buffer.from(secret.toString('hex')),
    Buffer.from(secret.toString('base64').replace(/=+$/, '')),
    Buffer.from(secret.toString('base64url')),
    // As V8 keeps texts that are not all Latin.
    Buffer.from(secret.toString('base64url'), 'utf16le'),
  ];
}

/** Of a text only every so many bytes are looked at: of every spelling some word of four bytes begins there, wherever it lies. */
const STRIDE = 16;
const WORD = 4;
const SLOT_BITS = 20;

/** Looks for many secrets at once: what it costs depends little on how many. */
export class SecretSearch {
  readonly found = new Set<number>();
  /** Of the longest spelling, in bytes. */
  readonly longest: number;
  /** By a word of theirs, with its place. */
  readonly #candidates = new Map<number, {secret: number; spelling: Buffer; at: number}[]>();
  /** 1 in the slots of those words: most of a memory is known to be nothing without a look at them themselves. */
  readonly #slots = new Uint8Array(1 << SLOT_BITS);

  constructor(secrets: readonly Buffer[]) {
    let longest = 0;
    for (const [secret, bytes] of secrets.entries()) {
      for (const spelling of spellings(bytes)) {
        if (spelling.length < STRIDE + WORD) throw new Error('A secret is too short to be looked for.');
        longest = Math.max(longest, spelling.length);
        for (let at = 0; at < STRIDE; at++) this.#add(spelling.readUInt32LE(at), {secret, spelling, at});
      }
    }
    this.longest = longest;
  }

  search(bytes: Buffer): void {
    const slots = this.#slots;
    for (let i = 0; i + WORD <= bytes.length; i += STRIDE) {
      const word = (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)) >>> 0;
      if (slots[slot(word)] === 1) this.#compare(bytes, i, word);
    }
  }

  #add(word: number, candidate: {secret: number; spelling: Buffer; at: number}): void {
    this.#slots[slot(word)] = 1;
    this.#candidates.set(word, [...(this.#candidates.get(word) ?? []), candidate]);
  }

  #compare(bytes: Buffer, i: number, word: number): void {
    for (const {secret, spelling, at} of this.#candidates.get(word) ?? []) {
      if (i >= at && bytes.subarray(i - at, i - at + spelling.length).equals(spelling))
        this.found.add(secret);
    }
  }
}

function slot(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - SLOT_BITS);
}

const CHUNK = 1024 * 1024;

/**
 * Looks through all of a process's memory that can be read, as a debugger of the system's administrator does.
 * @returns how many of the secrets are there, which, and how many bytes were looked at
 */
export function inMemory(
  pid: number,
  secrets: readonly Buffer[],
): {readonly found: number; readonly which: ReadonlySet<number>; readonly bytes: number} {
  const search = new SecretSearch(secrets);
  let bytes = 0;
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
      const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
      if (from === '' || (line.endsWith(']') && !line.endsWith('[heap]') && !line.endsWith('[stack]')))
        continue;
      bytes += searchMapping(search, memory, Number.parseInt(from, 16), Number.parseInt(to, 16));
    }
  } finally {
    closeSync(memory);
  }
  return {found: search.found.size, which: search.found, bytes};
}

/** @returns how many bytes were there */
function searchMapping(search: SecretSearch, memory: number, from: number, to: number): number {
  const buffer = Buffer.alloc(search.longest + CHUNK);
  // What may be the beginning of a secret that goes on in the next chunk.
  let kept = 0;
  let position = from;
  try {
    while (position < to) {
      const read = readSync(memory, buffer, kept, Math.min(CHUNK, to - position), position);
      if (read === 0) break;
      position += read;
      const bytes = buffer.subarray(0, kept + read);
      search.search(bytes);
      const rest = bytes.subarray(-search.longest);
      kept = rest.copy(buffer);
    }
  } catch {
    // Reserved, and never used.
  }
  return position - from;
}
