import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {drawChart} from './draw-chart.ts';
import {judgeGoals} from './goals.ts';
import type {Results} from './results.ts';

const LATEST = join(import.meta.dirname, '../results');
const PUBLISHED = join(import.meta.dirname, '../../docs/performance');

/**
 * Writes a run's figures and chart: to `bench/results`, which is nobody's but the machine's, or to where the documentation shows
 * them.
 * @returns the directory
 */
export function writeResults(results: Results, {isPublished}: {readonly isPublished: boolean}): string {
  const [directory, name] = isPublished ? [PUBLISHED, 'results'] : [LATEST, 'latest'];
  mkdirSync(directory, {recursive: true});
  const all = {...results, goals: judgeGoals(results)};
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(all, rounded, 2)}\n`);
  writeFileSync(join(directory, `${name}.svg`), drawChart(results));
  return directory;
}

/** Further digits say nothing. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
