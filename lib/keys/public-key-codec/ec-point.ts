const UNCOMPRESSED = 0x04;

/** Compresses 0x04 ‖ x ‖ y to 0x02 or 0x03 ‖ x (SEC 1 §2.3.3). @throws where it is not of that form */
export function compressPoint(point: Uint8Array): Buffer {
  if (point[0] !== UNCOMPRESSED || point.length % 2 === 0) throw new Error('Not an uncompressed point.');
  const size = (point.length - 1) / 2;
  const compressed = Buffer.from(point.subarray(0, 1 + size));
  compressed[0] = 0x02 | ((point.at(-1) ?? 0) & 1);
  return compressed;
}

/** 0x04 ‖ x ‖ y, of coordinates as long as the curve's field. Whether they are on the curve is not looked at. */
export function uncompressedPoint(x: Uint8Array, y: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(UNCOMPRESSED), x, y]);
}
