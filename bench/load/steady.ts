import {setTimeout as sleep} from 'node:timers/promises';
import {at} from '../support/at.ts';
import type {Lane} from './lane.ts';

/**
 * Sends requests at a steady rate, whether or not earlier ones were answered, while there are lanes that are free.
 * @returns of each, milliseconds from when it was due to its answer
 */
export async function sendSteadily(
  lanes: readonly Lane[],
  requests: readonly Buffer[],
  {perSecond, isExpected}: {readonly perSecond: number; readonly isExpected: (status: number) => boolean},
): Promise<Float64Array> {
  const latenciesMs = new Float64Array(requests.length);
  const startedAt = performance.now();
  let next = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      for (let index = next++; index < requests.length; index = next++) {
        const due = startedAt + (index * 1000) / perSecond;
        const ahead = due - performance.now();
        if (ahead > 0) await sleep(ahead);
        // Timers are late by up to a millisecond: nobody waits for an answer before they have asked.
        const from = ahead > 0 ? performance.now() : due;
        const {status} = await lane.send(at(requests, index));
        latenciesMs[index] = performance.now() - from;
        if (!isExpected(status)) throw new Error(`Not the answer that is expected: ${status}`);
      }
    }),
  );
  return latenciesMs;
}
