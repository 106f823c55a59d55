import {crc32, inflateRawSync} from 'node:zlib';

export interface GunzipBoundedOptions {
  readonly maxOutputBytes: number;
}

/** RFC 1952 §2.3.1: magic, deflate, no optional header field. The time stamp, extra flags and system may be anything. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 0x08, 0x00);
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;

/** Far under zlib's own default: what is inflated here is a few kilobytes. */
const CHUNK_BYTES = 4096;

/**
 * Inflates exactly one gzip member (RFC 1952) that fills `bytes`: not cut short, nothing after it, no file name or other
 * optional header field.
 * @returns the contents, or undefined where `bytes` is anything else or inflates to more than `maxOutputBytes`.
 */
export function gunzipBounded(bytes: Uint8Array, {maxOutputBytes}: GunzipBoundedOptions): Buffer | undefined {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailer = input.length - TRAILER_BYTES;
  if (trailer <= HEADER_BYTES || !input.subarray(0, HEADER.length).equals(HEADER)) return undefined;
  const contents = inflateExactly(input.subarray(HEADER_BYTES, trailer), maxOutputBytes);
  if (contents?.length !== input.readUInt32LE(trailer + 4)) return undefined;
  return crc32(contents) === input.readUInt32LE(trailer) ? contents : undefined;
}

/** Inflates one deflate stream that must end where `deflated` ends. */
function inflateExactly(deflated: Buffer, maxOutputLength: number): Buffer | undefined {
  try {
    const result: unknown = inflateRawSync(deflated, {maxOutputLength, chunkSize: CHUNK_BYTES, info: true});
    const {buffer, engine} = result as {buffer: Buffer; engine: {bytesWritten: number}};
    return engine.bytesWritten === deflated.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}
