import {MalformedRequestError} from '../../errors.ts';

/** Tags of DER (X.690 §8.1.2), as far as keys have them. */
export const DER = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  sequence: 0x30,
  /** Context-specific, primitive and constructed. */
  primitive0: 0x80,
  primitive1: 0x81,
  constructed0: 0xa0,
  constructed1: 0xa1,
} as const;

/**
 * Reads DER one element after the other; what it gives are views of the same memory. Lengths and integers have one encoding,
 * anything else is refused. Every method throws `MalformedRequestError` where the bytes are not what was asked for.
 */
export class DerReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** The content of the next element, which has that tag. */
  read(tag: number): Buffer {
    const content = this.readOptional(tag);
    if (!content) throw malformed();
    return content;
  }

  /** The same, or undefined where the next element has another tag, or there is none. */
  readOptional(tag: number): Buffer | undefined {
    if (this.nextTag !== tag) return undefined;
    this.#offset += 1;
    const length = this.#readLength();
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw malformed();
    this.#offset = start + length;
    return this.#bytes.subarray(start, this.#offset);
  }

  readSequence(): DerReader {
    return new DerReader(this.read(DER.sequence));
  }

  /** The magnitude of an integer that is not negative, big-endian, without leading zeros; of 0 one zero byte. */
  readInteger(): Buffer {
    const content = this.read(DER.integer);
    const [first = 0x80, second = 0x80] = content;
    if (first >= 0x80) throw malformed();
    if (first !== 0 || content.length === 1) return content;
    // The zero byte is there only where the integer would be negative without it.
    if (second < 0x80) throw malformed();
    return content.subarray(1);
  }

  /** The bytes of the next element, which is a bit string of whole bytes. */
  readBitString(tag: number = DER.bitString): Buffer {
    const content = this.read(tag);
    if (content[0] !== 0) throw malformed();
    return content.subarray(1);
  }

  /** Nothing comes after what was read. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw malformed();
  }

  /** X.690 §10.1: as short as it can be. */
  #readLength(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    if (first === 0x81) {
      const length = this.#byte();
      if (length < 0x80) throw malformed();
      return length;
    }
    if (first !== 0x82) throw malformed();
    const length = this.#byte() * 256 + this.#byte();
    if (length < 0x100) throw malformed();
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw malformed();
    this.#offset += 1;
    return byte;
  }
}

function malformed(): MalformedRequestError {
  return new MalformedRequestError(
    'The DER of the key is malformed, or has something that a key of this type does not have.',
  );
}
