/** What a BBS signature is over (draft-irtf-cfrg-bbs-signatures §3.5.1). */
export interface BbsMessage {
  readonly header: Uint8Array;
  readonly messages: readonly Uint8Array[];
}

/** Each message costs 5 to 10 ms. */
export const MAX_BBS_MESSAGES = 128;
/** Hashing this much takes 10 ms. */
export const MAX_BBS_DATA_BYTES = 128 * 1024;

/** Of what is read here (RFC 8949 §3.1). */
const MAJOR_TYPES = {bytes: 2, array: 4};

/**
 * Reads CBOR `[header, [message…]]`, byte strings all: preferred serialisation, definite lengths, nothing after it,
 * at most 128 messages and 128 KiB. Of all CBOR these are two kinds of heads: the event loop need not wait for a library to load.
 * @returns copies, so that nothing of the memory around `data` goes to where they are sent;
 * undefined where it is anything else.
 */
export function parseBbsMessage(data: Uint8Array): BbsMessage | undefined {
  if (data.length > MAX_BBS_DATA_BYTES) return undefined;
  const reader = new HeadReader(data);
  if (reader.head('array') !== 2) return undefined;
  const header = reader.bytes();
  const count = reader.head('array');
  if (!header || count === undefined || count > MAX_BBS_MESSAGES) return undefined;
  const messages: Uint8Array[] = [];
  while (messages.length < count) {
    const message = reader.bytes();
    if (!message) return undefined;
    messages.push(message);
  }
  return reader.isAtEnd ? {header, messages} : undefined;
}

class HeadReader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#data.length;
  }

  /** @returns the length that a head of that type says in the fewest bytes; undefined where the next is another */
  head(type: keyof typeof MAJOR_TYPES): number | undefined {
    const first = this.#data[this.#at];
    if (first === undefined || first >> 5 !== MAJOR_TYPES[type]) return undefined;
    this.#at += 1;
    const short = first & 31;
    if (short < 24) return short;
    // Nothing here is so long that it takes eight bytes.
    const size = {24: 1, 25: 2, 26: 4}[short];
    if (size === undefined || this.#at + size > this.#data.length) return undefined;
    const length = this.#data.readUIntBE(this.#at, size);
    this.#at += size;
    return length < (size === 1 ? 24 : 2 ** (4 * size)) ? undefined : length;
  }

  bytes(): Uint8Array | undefined {
    const length = this.head('bytes');
    if (length === undefined || this.#at + length > this.#data.length) return undefined;
    const bytes = Uint8Array.from(this.#data.subarray(this.#at, this.#at + length));
    this.#at += length;
    return bytes;
  }
}
