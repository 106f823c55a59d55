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

/** Looks for many secrets at once: what it costs depends little on how many. */
export class SecretSearch {
  readonly found = new Set<number>();
  /** By their first three bytes. */
  readonly #candidates = new Map<number, (readonly [secret: number, spelling: Buffer])[]>();
  readonly #begins = new Uint8Array(1 << 24);

  constructor(secrets: readonly Buffer[]) {
    for (const [i, secret] of secrets.entries()) {
      for (const spelling of spellings(secret)) {
        const begin = spelling.readUIntBE(0, 3);
        this.#begins[begin] = 1;
        this.#candidates.set(begin, [...(this.#candidates.get(begin) ?? []), [i, spelling]]);
      }
    }
  }

  search(bytes: Buffer): void {
    let begin = 0;
    for (let i = 0; i < bytes.length; i++) {
      begin = ((begin << 8) | (bytes[i] ?? 0)) & 0xffffff;
      if (this.#begins[begin] === 1 && i >= 2) this.#compare(bytes, i - 2, begin);
    }
  }

  #compare(bytes: Buffer, at: number, begin: number): void {
    for (const [secret, spelling] of this.#candidates.get(begin) ?? []) {
      if (bytes.subarray(at, at + spelling.length).equals(spelling)) this.found.add(secret);
    }
  }
}

const MAX_MAPPING = 512 * 1024 * 1024;

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
      const mapping = readMapping(memory, Number.parseInt(from, 16), Number.parseInt(to, 16));
      bytes += mapping.length;
      search.search(mapping);
    }
  } finally {
    closeSync(memory);
  }
  return {found: search.found.size, which: search.found, bytes};
}

function readMapping(memory: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(Math.min(to - from, MAX_MAPPING));
  let length = 0;
  try {
    while (length < buffer.length) {
      const read = readSync(memory, buffer, length, buffer.length - length, from + length);
      if (read === 0) break;
      length += read;
    }
  } catch {
    // Reserved, and never used.
  }
  return buffer.subarray(0, length);
}
