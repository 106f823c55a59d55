import {crc32, inflateRawSync} from 'node:zlib';

export interface GunzipBoundedOptions {
  readonly maxOutputBytes: number;
}

/** RFC 1952 §2.3.1: magic, deflate, no optional header field. The time stamp, extra flags and system may be anything. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 0x08, 0x00);
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;

/** The least that Node takes for a chunk. */
const MIN_CHUNK_BYTES = 64;

/**
 * Inflates exactly one gzip member (RFC 1952) that fills `bytes`: not cut short, nothing after it, no file name or other
 * optional header field.
 * @returns the contents, or undefined where `bytes` is anything else or inflates to more than `maxOutputBytes`.
 */
export function gunzipBounded(bytes: Uint8Array, {maxOutputBytes}: GunzipBoundedOptions): Buffer | undefined {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailer = input.length - TRAILER_BYTES;
  if (trailer <= HEADER_BYTES || !input.subarray(0, HEADER.length).equals(HEADER)) return undefined;
  const length = input.readUInt32LE(trailer + 4);
  if (length > maxOutputBytes) return undefined;
  const contents = inflateExactly(input.subarray(HEADER_BYTES, trailer), length);
  if (contents?.length !== length) return undefined;
  return crc32(contents) === input.readUInt32LE(trailer) ? contents : undefined;
}

/** Inflates one deflate stream that must end where `deflated` ends, to no more than `length` bytes. */
function inflateExactly(deflated: Buffer, length: number): Buffer | undefined {
  // With room for all and a byte more it is inflated at once, without zlib's copy of the last 32 KB: in half the time.
  const options = {
    maxOutputLength: Math.max(length, 1),
    chunkSize: Math.max(length + 1, MIN_CHUNK_BYTES),
    info: true,
  };
  try {
    const result: unknown = inflateRawSync(deflated, options);
    const {buffer, engine} = result as {buffer: Buffer; engine: {bytesWritten: number}};
    return engine.bytesWritten === deflated.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}
