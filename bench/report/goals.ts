import type {Results} from './results.ts';

/** A goal bounds a figure from above or from below. */
interface Goal {
  readonly title: string;
  /** @returns undefined where it was not measured */
  readonly read: (results: Results) => number | undefined;
  /** How far the rounds were from each other, as a share; a busy machine's figures are less sure. Default: 0 */
  readonly spread?: (results: Results) => number | undefined;
  readonly most?: number;
  readonly least?: number;
  /** From where on it is far off. Default: twice `most`. What is by the clock is never: it says as much of the machine */
  readonly farOff?: number;
}

export interface JudgedGoal {
  readonly title: string;
  /** `≤ 1.3`, `≥ 0.5`. */
  readonly bound: string;
  readonly value: number;
  readonly isMet: boolean;
  /** So far from what it should be that no busy machine explains it. */
  readonly isFarOff: boolean;
}

const ratio =
  (row: string, over: 'limit' | 'reference'): Goal['read'] =>
  ({rows}) =>
    rows.find(({name}) => name === row)?.cells[over]?.serverTimes?.median;

const spreadOf =
  (row: string, over: 'limit' | 'reference'): Goal['read'] =>
  ({rows}) =>
    rows.find(({name}) => name === row)?.cells[over]?.serverTimes?.spread;

const figure =
  (measure: string): Goal['read'] =>
  ({measures}) =>
    measures.find(({name}) => name === measure)?.value;

/** CPU per request of one row over that of another, both on this server. */
const against =
  (row: string, other: string): Goal['read'] =>
  ({rows}) => {
    const cpuOf = (wanted: string): number | undefined =>
      rows.find(({name}) => name === wanted)?.cells.server?.cpuMicroseconds.median;
    const [cpu, otherCpu] = [cpuOf(row), cpuOf(other)];
    return cpu === undefined || otherCpu === undefined ? undefined : cpu / otherCpu;
  };

const toLimit = (row: string, title: string, most: number): Goal => ({
  ...{title: `${title} ÷ limit`, read: ratio(row, 'limit'), spread: spreadOf(row, 'limit'), most},
});
const toReference = (row: string, title: string, times: number): Goal => ({
  ...{
    title: `${title} ÷ reference`,
    read: ratio(row, 'reference'),
    spread: spreadOf(row, 'reference'),
    most: 1 / times,
  },
});
const refusal = (row: string, title: string): Goal => ({
  ...{title: `${title} refused ÷ accepted by root`, read: against(row, 'sign-root'), most: 1},
});

/** Ratios of CPU per request, unless they say otherwise. */
export const GOALS: readonly Goal[] = [
  toLimit('sign-root', 'sign, root', 1.3),
  toReference('sign-root', 'sign, root', 2.2),
  toLimit('sign-1', 'sign, one delegation', 1.35),
  toReference('sign-1', 'sign, one delegation', 5.5),
  toLimit('sign-3', 'sign, three delegations', 1.4),
  toReference('sign-3', 'sign, three delegations', 18),
  toLimit('sign-9', 'sign, nine delegations', 1.6),
  toLimit('sign-3-cold', 'sign, three delegations, cold', 2),
  toReference('sign-3-cold', 'sign, three delegations, cold', 5),
  toLimit('get-key', 'get key description', 1.4),
  toLimit('junk', 'no signature refused', 0.5),
  toLimit('chain-wrong-signature', 'ten links, request not signed, refused', 1),
  // Their sender signed them: that alone takes the limit's time. What is far off is what they took when this was written, twice.
  {...toLimit('chain-unsigned', 'ten links, none signed, refused', 1), farOff: 16},
  {...toLimit('chain-forged', 'ten links, the last forged, refused', 1), farOff: 40},
  refusal('expired', 'expired'),
  refusal('wrong-host', 'wrong host'),
  refusal('wrong-digest', 'wrong digest'),
  {title: 'durable keys ÷ bare commits, per second', read: figure('durable'), least: 0.5},
  {title: 'most keys ÷ fewest keys', read: figure('keys-stored'), most: 1.1},
  {title: 'two processes ÷ one, CPU', read: figure('processes-cpu'), most: 1.05},
  {title: 'two processes ÷ one, requests per second', read: figure('processes-rate'), least: 1.8},
  {title: 'memory after many requests, MB', read: figure('memory'), most: 250},
  {title: 'p99 of others beside a flood ÷ without', read: figure('fairness'), most: 2, farOff: Infinity},
  {
    title: 'p99 of busy others beside a flood ÷ without',
    read: figure('fairness-busy'),
    most: 2,
    farOff: Infinity,
  },
];

/** Of what was measured; goals for what was not are left out. */
export function judgeGoals(results: Results, goals: readonly Goal[] = GOALS): readonly JudgedGoal[] {
  return goals.flatMap(({title, read, spread, most = Infinity, least = 0, farOff = 2 * most}) => {
    const value = read(results);
    if (value === undefined) return [];
    const bound = most === Infinity ? `≥ ${round(least)}` : `≤ ${round(most)}`;
    // Written so that what is no number meets nothing.
    const [isMet, isNear] = [
      value <= most && value >= least,
      value * (1 - (spread?.(results) ?? 0)) <= farOff,
    ];
    return [{title, bound, value, isMet, isFarOff: !isNear}];
  });
}

const round = (value: number): string => String(Number(value.toPrecision(3)));
