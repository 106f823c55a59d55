function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x100) return Buffer.of(0x81, length);
  return Buffer.of(0x82, length >> 8, length & 0xff);
}

export function derElement(tag: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), derLength(value.length), value]);
}

/** DER of an INTEGER that is not negative. */
export function derInteger(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return derElement(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** DER of a SEQUENCE of integers. */
export function derIntegers(...values: readonly bigint[]): Buffer {
  return derElement(0x30, Buffer.concat(values.map(derInteger)));
}
