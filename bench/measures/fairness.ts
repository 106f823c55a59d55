import {Flooder, type FloodOutcome} from '../load/flooder.ts';
import {Lane} from '../load/lane.ts';
import {replay} from '../load/replay.ts';
import {sendSteadily} from '../load/steady.ts';
import type {MeasureResult} from '../report/results.ts';
import {makeFlood} from '../scene/flood.ts';
import type {KmsColumn} from '../speed/kms-column.ts';
import type {Row} from '../speed/row.ts';
import {figureOf, quantile, ratioOf} from '../speed/statistics.ts';

const LANES = 8;
const FLOOD_LANES = 8;
/** Of what the server can do, where others are not all busy. */
const STEADY_SHARE = 0.4;
/** Made beforehand; if more are answered, they come again, and are no longer new. */
const FLOOD_PER_SECOND = 4000;
const ROUNDS = 3;

interface Waiting {
  readonly p50: number;
  readonly p99: number;
}

/** Makes requests to be sent later. */
type Prepare = () => Promise<() => Promise<Float64Array>>;

/**
 * How long others wait beside one party that sends chains of capabilities that were never seen, as fast as it can: at a moderate
 * rate, and as busy as the party itself is.
 */
export async function measureFairness(
  server: KmsColumn,
  row: Row,
  {seconds}: {readonly seconds: number},
): Promise<readonly MeasureResult[]> {
  const lanes = await Promise.all(Array.from({length: LANES}, () => Lane.open(server.port)));
  const isExpected = (status: number): boolean => server.isExpected(row, status);
  const make = async (count: number): Promise<readonly Buffer[]> => (await server.make(row, count)) ?? [];
  try {
    const {seconds: took} = await replay(lanes, await make(2000), isExpected);
    const perSecond = 2000 / took;
    const rate = perSecond * STEADY_SHARE;
    const steady: Prepare = async () => {
      const requests = await make(Math.ceil(rate * seconds));
      return () => sendSteadily(lanes, requests, {perSecond: rate, isExpected});
    };
    const busy: Prepare = async () => {
      const requests = await make(Math.ceil(perSecond * seconds));
      return async () => (await replay(lanes, requests, isExpected)).latenciesMs;
    };
    return [
      await compare(server, steady, {
        seconds,
        name: 'fairness',
        others: `others at ${Math.round(rate)} per second`,
      }),
      await compare(server, busy, {
        seconds,
        name: 'fairness-busy',
        others: `others with ${LANES} requests at a time`,
      }),
    ];
  } finally {
    for (const lane of lanes) lane.close();
  }
}

async function compare(
  server: KmsColumn,
  prepare: Prepare,
  {seconds, name, others}: {readonly seconds: number; readonly name: string; readonly others: string},
): Promise<MeasureResult> {
  const [quiet, flooded]: [Waiting[], Waiting[]] = [[], []];
  const answered: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    quiet.push(waitingOf(await (await prepare())()));
    const send = await prepare();
    const requests = await makeFlood(server.scene, Math.ceil(FLOOD_PER_SECOND * seconds));
    const flooder = await Flooder.start({port: server.port, lanes: FLOOD_LANES, requests});
    flooded.push(waitingOf(await send()));
    add(answered, await flooder.stop());
  }
  const of = (list: readonly Waiting[], part: keyof Waiting): readonly number[] =>
    list.map((each) => each[part]);
  const ms = (list: readonly Waiting[]): string =>
    `${figureOf(of(list, 'p50')).median.toFixed(1)}, ${figureOf(of(list, 'p99')).median.toFixed(1)} ms`;
  const flood = Object.entries(answered).map(([status, count]) => `${count} × ${status}`);
  return {
    ...{name, title: `p99 beside a flood ÷ without, ${others}`, unit: '×'},
    value: ratioOf(of(flooded, 'p99'), of(quiet, 'p99')).median,
    detail: `p50, p99: ${ms(quiet)}; beside the flood ${ms(flooded)}; the flood was answered ${flood.join(', ')}`,
  };
}

const waitingOf = (latenciesMs: Float64Array): Waiting => ({
  p50: quantile(latenciesMs, 0.5),
  p99: quantile(latenciesMs, 0.99),
});

function add(total: Record<string, number>, outcome: FloodOutcome): void {
  for (const [status, count] of Object.entries(outcome)) total[status] = (total[status] ?? 0) + count;
}
