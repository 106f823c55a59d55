/** An element of DER with contents of at most 65,535 bytes. */
function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}

/** Writes DER, also such as nobody should. */
export const der = {
  element,
  sequence: (...contents: readonly Buffer[]) => element(0x30, ...contents),
  /** @param value below 128 */
  integer: (value: number) => element(0x02, Buffer.of(value)),
  octets: (...contents: readonly Buffer[]) => element(0x04, ...contents),
  oid: (encoded: string) => element(0x06, Buffer.from(encoded, 'hex')),
};
