import {decode, encode, Tokenizer, Type, type DecodeOptions, type Token} from 'cborg';
import {ProtocolError} from './protocol-error.ts';

/** One spelling for each value, and no values that are not plain data. */
const STRICT: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: true,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

/** What would be read as something else, or as nothing that is allowed, is not written. */
const WRITABLE = {
  typeEncoders: {
    number: (value: number): null => {
      if (!Number.isFinite(value)) throw new TypeError('A number is not finite.');
      return null;
    },
    string: (value: string): null => {
      if (!value.isWellFormed()) throw new TypeError('A text has a lone surrogate.');
      return null;
    },
  },
};

/**
 * What is decoded again is what was given: what strangers sent is in it, and must not end a connection.
 * @param value null, booleans, finite numbers, text, bytes, and arrays and objects of these. @throws TypeError where it is not
 */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value, WRITABLE);
}

/** @returns plain data that shares no memory with `bytes`. @throws ProtocolError */
export function decodeCbor(bytes: Uint8Array): unknown {
  // Of a Buffer, its slices would share its memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    return decode(plain, {...STRICT, tokenizer: new StrictTexts(plain, STRICT)});
  } catch (error) {
    // Its messages may quote what was sent. Nesting that is too deep is a RangeError.
    throw new ProtocolError(
      error instanceof RangeError ? 'It is nested too deep.' : 'It is not strict CBOR.',
    );
  }
}

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
/** What stands for bytes that are no UTF-8; and the first byte of a byte order mark, which the library leaves out. */
const REPLACEMENT = '\ufffd';
const MARK = 0xef;
const INDIRECT = 24;

/** The library's, which takes texts as they are written: with a byte order mark, where they begin with one, and as UTF-8 alone. */
class StrictTexts extends Tokenizer {
  override next(): Token {
    const begin = this.pos();
    const token = super.next();
    if (token.type === Type.string) {
      const minor = (this.data[begin] ?? 0) & 0x1f;
      const at = begin + 1 + (minor < INDIRECT ? 0 : 2 ** (minor - INDIRECT));
      const text = token.value as string;
      if (this.data[at] === MARK || text.includes(REPLACEMENT))
        token.value = utf8.decode(this.data.subarray(at, this.pos()));
    }
    return token;
  }
}
