/**
 * Encodes a list of fields as additional data, so that no two lists have the same bytes: the number of fields in one
 * byte, then of each its length in four bytes (big-endian) and its bytes. Strings are UTF-8, numbers decimal.
 * @throws TypeError where a string is not well-formed Unicode, as UTF-8 would give two such strings the same bytes.
 */
export function encodeFields(fields: readonly (string | number | Uint8Array)[]): Uint8Array {
  if (fields.length > 255) throw new TypeError('There are too many fields.');
  const parts: Uint8Array[] = [Uint8Array.of(fields.length)];
  for (const field of fields) {
    const bytes = field instanceof Uint8Array ? field : encodeText(String(field));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

function encodeText(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new TypeError('A field is not well-formed Unicode.');
  return Buffer.from(text, 'utf8');
}
