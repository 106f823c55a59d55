import {wireBytes} from '../../support/wire.ts';
import type {Judgement} from './run.ts';

/** Everything about one judgement that a person needs to see why. */
export function describeJudgement({mutation, base, ours, reference, request}: Judgement): string {
  const bytes = Buffer.isBuffer(request) ? request : wireBytes(request);
  return [
    `${mutation.requirement} ${mutation.name} (of: ${base})`,
    `ours ${ours.status} ${ours.text}`,
    `reference ${reference.status} ${reference.text}`,
    bytes.toString('latin1').slice(0, 4000),
  ].join('\n');
}

export function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  return Map.groupBy(items, key);
}
