/**
 * Parses `scheme name="value",name="value"…` strictly: exactly this punctuation, every parameter at most once, none
 * unknown, nothing left over (R2, R13).
 * @returns the parameters, or undefined where the text is anything else.
 */
export function parseAuthParameters<N extends string>(
  text: string,
  {scheme, names}: {readonly scheme: string; readonly names: readonly N[]},
): Partial<Record<N, string>> | undefined {
  if (!text.startsWith(`${scheme} `) || text.endsWith(',')) return undefined;
  const parameters: Partial<Record<N, string>> = {};
  let index = scheme.length + 1;
  while (index < text.length) {
    const opening = text.indexOf('="', index);
    const closing = opening === -1 ? -1 : text.indexOf('"', opening + 2);
    if (closing === -1) return undefined;
    const name = text.slice(index, opening) as N;
    if (!names.includes(name) || parameters[name] !== undefined) return undefined;
    parameters[name] = text.slice(opening + 2, closing);
    if (closing + 1 < text.length && text[closing + 1] !== ',') return undefined;
    index = closing + 2;
  }
  return parameters;
}
