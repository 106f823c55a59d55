import type {Judgement} from './run.ts';

const COLUMNS = ['requests', 'both accept', 'both refuse', 'only we refuse', 'only it refuses'] as const;
type Row = Record<(typeof COLUMNS)[number], number>;

/** How many requests of each requirement were accepted by whom. */
export function table(judgements: readonly Judgement[]): string {
  const rows = new Map<string, Row>();
  for (const judgement of judgements) {
    for (const name of [judgement.mutation.requirement, 'all']) count(rows, name, judgement);
  }
  const names = [...rows.keys()].sort((a, b) => order(a) - order(b));
  const lines = names.map((name) => [name, ...COLUMNS.map((column) => String(rows.get(name)![column]))]);
  return format([['', ...COLUMNS], ...lines]);
}

function count(rows: Map<string, Row>, name: string, {ours, reference}: Judgement): void {
  const row = rows.get(name) ?? (Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Row);
  rows.set(name, row);
  row.requests++;
  if (ours.verdict === reference.verdict) row[ours.verdict === 'accepts' ? 'both accept' : 'both refuse']++;
  else row[ours.verdict === 'refuses' ? 'only we refuse' : 'only it refuses']++;
}

function order(name: string): number {
  return name === 'valid' ? 0 : name === 'all' ? 1000 : Number(name.slice(1));
}

function format(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_cell, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}
