import {ProtocolError} from './protocol-error.ts';

const LENGTH_BYTES = 4;
/** A page of records that a store gives is well below. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** @returns `u32 length ‖ payload`, big-endian. @throws RangeError where the other end would not take it */
export function frameOf(payload: Uint8Array, maxBytes = MAX_FRAME_BYTES): Uint8Array {
  if (payload.length === 0 || payload.length > maxBytes) throw new RangeError('It fits into no frame.');
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + payload.length);
  frame.writeUInt32BE(payload.length);
  frame.set(payload, LENGTH_BYTES);
  return frame;
}

/** Puts frames together from the pieces that a stream gives. What it keeps is bounded by what has come, not by what was announced. */
export class FrameReader {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes = MAX_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a frame that is not whole. */
  get partialBytes(): number {
    return this.#bytes;
  }

  /** @returns the payloads that are whole now. @throws ProtocolError; nothing may be pushed any more */
  push(piece: Uint8Array): readonly Uint8Array[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const length = this.#nextLength();
    if (length === undefined || this.#bytes < LENGTH_BYTES + length) return [];
    return this.#split(this.#joined());
  }

  #split(bytes: Buffer): readonly Uint8Array[] {
    const payloads: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + this.#checked(bytes.readUInt32BE(at));
      if (end > bytes.length) break;
      payloads.push(bytes.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#bytes = bytes.length - at;
    // A copy: the rest of a large piece would keep all of it in memory.
    this.#pieces = this.#bytes === 0 ? [] : [Uint8Array.from(bytes.subarray(at))];
    return payloads;
  }

  #nextLength(): number | undefined {
    const [first] = this.#pieces;
    if (this.#bytes < LENGTH_BYTES || !first) return undefined;
    const head = first.length >= LENGTH_BYTES ? first : this.#joined();
    return this.#checked(new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getUint32(0));
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    const joined =
      first && this.#pieces.length === 1
        ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
        : Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  #checked(length: number): number {
    if (length === 0 || length > this.#maxBytes)
      throw new ProtocolError('A frame has a length that none has.');
    return length;
  }
}
