const LINE_LENGTH = 96;
const INDENT = '  ';

/** Ids, keys and signatures are long, and nobody reads them whole. */
export function abridge(text: string): string {
  return text.replace(
    /z[1-9A-HJ-NP-Za-km-z]{20,}|[A-Za-z0-9_-]{32,}/g,
    (run) => `${run.slice(0, 8)}…${run.slice(-4)}`,
  );
}

/** JSON in lines: what fits on one is on one. */
export function abridgeJson(value: unknown): readonly string[] {
  return layOut(JSON.parse(abridge(JSON.stringify(value))), LINE_LENGTH);
}

function layOut(value: unknown, width: number): readonly string[] {
  const line = JSON.stringify(value);
  if (line.length <= width || typeof value !== 'object' || value === null) return [line];
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Object.entries(value).map(([name, member]) => {
    const [first = '', ...rest] = layOut(member, width - INDENT.length);
    return [Array.isArray(value) ? first : `${JSON.stringify(name)}: ${first}`, ...rest];
  });
  const lines = members.flatMap((member, index) =>
    index < members.length - 1 ? [...member.slice(0, -1), `${member.at(-1) ?? ''},`] : member,
  );
  return [open ?? '', ...lines.map((text) => INDENT + text), close ?? ''];
}
