import type {ColumnName} from '../speed/row.ts';
import type {Results, RowResult} from './results.ts';

interface Bar {
  readonly title: string;
  readonly reference: number | undefined;
  readonly server: number | undefined;
}

const WIDTH = 860;
const LEFT = 290;
const RIGHT = 70;
const TOP = 64;
const ROW = 40;
const BAR = 14;
const COLOURS = {reference: '#c0504d', server: '#2a6f97'} as const;

/** An SVG: per row, how many times the limit's CPU the reference and this server take, on a logarithmic scale. */
export function drawChart({rows, machine}: Pick<Results, 'rows' | 'machine'>): string {
  const bars = rows.map(barOf).filter(({server}) => server !== undefined);
  const all = bars.flatMap(({reference, server}) => [reference ?? 1, server ?? 1]);
  const [low, high] = [
    Math.floor(Math.log10(Math.min(0.5, ...all)) * 1e6) / 1e6,
    Math.ceil(Math.log10(Math.max(10, ...all))),
  ];
  const x = (ratio: number): number =>
    LEFT + ((Math.log10(ratio) - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const height = TOP + bars.length * ROW + 30;
  const bottom = height - 24;
  const ticks = Array.from({length: high - Math.ceil(low) + 1}, (_, index) => 10 ** (Math.ceil(low) + index));
  const parts = [
    text(
      20,
      26,
      'CPU per request, in multiples of the limit (node:http, one Ed25519 verification, the operation)',
      'title',
    ),
    ...legend(),
    ...ticks.flatMap((tick) => [
      `<line x1="${fixed(x(tick))}" y1="${TOP - 6}" x2="${fixed(x(tick))}" y2="${bottom}" class="${tick === 1 ? 'limit' : 'grid'}"/>`,
      text(x(tick), height - 8, tick === 1 ? 'limit' : `${tick}×`, 'tick'),
    ]),
    ...bars.flatMap((bar, index) => rowOf(bar, TOP + index * ROW, x)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="CPU per request against the limit">
<title>CPU per request against the limit, Node ${escaped(machine.node)}</title>
<style>
svg { background: #fff; font: 13px system-ui, sans-serif; fill: #222 }
.title { font-weight: 600 } .tick { text-anchor: middle; fill: #666 } .row { text-anchor: end }
.grid { stroke: #ddd } .limit { stroke: #222; stroke-dasharray: 4 3 }
</style>
${parts.join('\n')}
</svg>
`;
}

function barOf({title, cells}: RowResult): Bar {
  const limit = cells.limit?.cpuMicroseconds.median;
  const over = (name: ColumnName): number | undefined => {
    const cpu = cells[name]?.cpuMicroseconds.median;
    return cpu === undefined || limit === undefined ? undefined : cpu / limit;
  };
  return {title, reference: over('reference'), server: cells.limit?.serverTimes?.median};
}

function rowOf({title, reference, server}: Bar, y: number, x: (ratio: number) => number): readonly string[] {
  const bar = (ratio: number | undefined, offset: number, colour: string): readonly string[] => {
    if (ratio === undefined) return [];
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    return [
      `<rect x="${fixed(from)}" y="${y + offset}" width="${fixed(Math.max(1, to - from))}" height="${BAR}" fill="${colour}"/>`,
      text(to + 6, y + offset + 11, `${Number(ratio.toPrecision(2))}×`, 'value'),
    ];
  };
  return [
    text(LEFT - 14, y + 19, title, 'row'),
    ...bar(server, 0, COLOURS.server),
    ...bar(reference, BAR + 1, COLOURS.reference),
  ];
}

function legend(): readonly string[] {
  return Object.entries({
    server: 'this server, on SQLite, everything on',
    reference: 'reference, in memory',
  }).flatMap(([name, label], index) => {
    const [at, colour] = [LEFT + index * 270, COLOURS[name as keyof typeof COLOURS]];
    return [
      `<rect x="${at}" y="36" width="12" height="12" fill="${colour}"/>`,
      text(at + 18, 47, label, 'label'),
    ];
  });
}

const text = (x: number, y: number, content: string, style: string): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" class="${style}">${escaped(content)}</text>`;
const fixed = (value: number): string => String(Number(value.toFixed(1)));
const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
