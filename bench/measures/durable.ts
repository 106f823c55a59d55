import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {MeasureResult} from '../report/results.ts';
import type {Column} from '../speed/column.ts';
import {measure} from '../speed/measure.ts';
import type {Row} from '../speed/row.ts';
import {figureOf, ratioOf} from '../speed/statistics.ts';
import {runProgram} from './run-program.ts';

const BARE = join(import.meta.dirname, 'bare-commits.ts');

/** Keys generated per second, each on the disk before it is told of, beside what the bare database commits. */
export async function measureDurable(
  server: Column,
  generate: Row,
  {rounds, seconds}: {readonly rounds: number; readonly seconds: number},
): Promise<MeasureResult> {
  const directory = mkdtempSync(join(tmpdir(), 'webkms-bench-'));
  const [bare, keys]: [number[], number[]] = [[], []];
  try {
    let perSecond = (await measure(server, generate, 200))?.perSecond ?? NaN;
    for (let round = 0; round < rounds; round++) {
      bare.push(Number(await runProgram(BARE, [directory, String(seconds)])));
      const sample = await measure(server, generate, Math.ceil(perSecond * seconds));
      keys.push((perSecond = sample?.perSecond ?? NaN));
    }
  } finally {
    rmSync(directory, {recursive: true});
  }
  const detail = `${figureOf(keys).median.toFixed(0)} keys, ${figureOf(bare).median.toFixed(0)} bare commits per second`;
  const title = 'durable key generation ÷ bare commits';
  return {name: 'durable', title, value: ratioOf(keys, bare).median, unit: '×', detail};
}
