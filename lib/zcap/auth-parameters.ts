/**
 * Parses `scheme name="value",name="value"…` strictly: exactly this punctuation, every parameter at most once, none
 * unknown, nothing left over (R2, R13).
 * @returns the values, in the order of `names`; undefined where the text is anything else.
 */
export function parseAuthParameters(
  text: string,
  {scheme, names}: {readonly scheme: string; readonly names: readonly string[]},
): readonly (string | undefined)[] | undefined {
  if (!text.startsWith(`${scheme} `) || text.endsWith(',')) return undefined;
  const values: (string | undefined)[] = names.map(() => undefined);
  let index = scheme.length + 1;
  while (index < text.length) {
    const opening = text.indexOf('="', index);
    const closing = opening === -1 ? -1 : text.indexOf('"', opening + 2);
    if (closing === -1) return undefined;
    const place = names.indexOf(text.slice(index, opening));
    if (place === -1 || values[place] !== undefined) return undefined;
    values[place] = text.slice(opening + 2, closing);
    if (closing + 1 < text.length && text[closing + 1] !== ',') return undefined;
    index = closing + 2;
  }
  return values;
}
