import {decode, encode, type DecodeOptions} from 'cborg';
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

/** @param value null, booleans, finite numbers, text, bytes, and arrays and objects of these */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value);
}

/** @returns plain data that shares no memory with `bytes`. @throws ProtocolError */
export function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, STRICT);
  } catch (error) {
    // Its messages may quote what was sent. Nesting that is too deep is a RangeError.
    throw new ProtocolError(
      error instanceof RangeError ? 'It is nested too deep.' : 'It is not strict CBOR.',
    );
  }
}
