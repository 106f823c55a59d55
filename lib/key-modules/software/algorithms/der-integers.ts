const SEQUENCE = 0x30;
const INTEGER = 0x02;

interface Element {
  readonly value: Uint8Array;
  readonly end: number;
}

/** The element with `tag` at `offset`, if its length is written as DER has it and it is all there (X.690 §10.1). */
function readElement(der: Uint8Array, tag: number, offset: number): Element | undefined {
  const first = der[offset + 1];
  if (der[offset] !== tag || first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  let start = offset + 2;
  let length = first;
  if (lengthBytes > 0) {
    if (lengthBytes > 2) return undefined;
    length = 0;
    for (const byte of der.subarray(start, start + lengthBytes)) length = length * 0x100 + byte;
    start += lengthBytes;
    if (length < (lengthBytes === 1 ? 0x80 : 0x100)) return undefined;
  } else if (first === 0x80) {
    return undefined;
  }
  const end = start + length;
  return end <= der.length ? {value: der.subarray(start, end), end} : undefined;
}

/**
 * Reads the DER of a sequence of `count` integers that are not negative, and nothing after it.
 * @returns the integers big-endian, without leading zeros, in the memory of `der`; undefined where it is anything else.
 */
export function readDerIntegers(der: Uint8Array, count: number): readonly Uint8Array[] | undefined {
  const sequence = readElement(der, SEQUENCE, 0);
  if (sequence?.end !== der.length) return undefined;
  const integers: Uint8Array[] = [];
  let offset = 0;
  while (integers.length < count) {
    const element = readElement(sequence.value, INTEGER, offset);
    const [first, second = 0x80] = element?.value ?? [];
    if (!element || first === undefined || first >= 0x80) return undefined;
    // A zero in front is there for the sign alone; the number zero is that byte.
    if (first === 0 && element.value.length > 1 && second < 0x80) return undefined;
    integers.push(first === 0 ? element.value.subarray(1) : element.value);
    offset = element.end;
  }
  return offset === sequence.value.length ? integers : undefined;
}
