import {DER} from './der-reader.ts';

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes);
  return bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff);
}

/** DER of an element of at most 65,535 bytes. */
function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const bytes = contents.reduce((sum, content) => sum + content.length, 0);
  return Buffer.concat([Buffer.of(tag), length(bytes), ...contents]);
}

export function derSequence(...elements: readonly Uint8Array[]): Buffer {
  return element(DER.sequence, ...elements);
}

/** @param magnitude big-endian, without leading zeros */
export function derInteger(magnitude: Uint8Array): Buffer {
  const isNegative = (magnitude[0] ?? 0) >= 0x80;
  return element(DER.integer, isNegative ? Buffer.of(0) : Buffer.alloc(0), magnitude);
}
