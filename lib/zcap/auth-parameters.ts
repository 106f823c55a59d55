const PARAMETER = /([A-Za-z]+)="([^"]*)"(?:,|$)/y;

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
    PARAMETER.lastIndex = index;
    const match = PARAMETER.exec(text);
    if (!match) return undefined;
    const name = names.find((known) => known === match[1]);
    if (name === undefined || parameters[name] !== undefined) return undefined;
    parameters[name] = match[2] ?? '';
    index = PARAMETER.lastIndex;
  }
  return parameters;
}
