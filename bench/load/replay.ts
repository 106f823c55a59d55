import {at} from '../support/at.ts';
import type {Lane, LaneResponse} from './lane.ts';

/** What a replay was like. */
export interface Replay {
  readonly seconds: number;
  /** Of each request, in milliseconds, in no order. */
  readonly latenciesMs: Float64Array;
}

/**
 * Sends each request once over the lanes, each of which waits for an answer before its next: so a server always has as many
 * requests as there are lanes.
 * @throws Error where an answer has another status than is expected
 */
export async function replay(
  lanes: readonly Lane[],
  requests: readonly Buffer[],
  isExpected: (status: number) => boolean,
): Promise<Replay> {
  const latenciesMs = new Float64Array(requests.length);
  let next = 0;
  const startedAt = performance.now();
  await Promise.all(
    lanes.map(async (lane) => {
      for (let index = next++; index < requests.length; index = next++) {
        const sentAt = performance.now();
        const response = await lane.send(at(requests, index));
        latenciesMs[index] = performance.now() - sentAt;
        if (!isExpected(response.status)) throw unexpected(response);
      }
    }),
  );
  return {seconds: (performance.now() - startedAt) / 1000, latenciesMs};
}

function unexpected({bytes}: LaneResponse): Error {
  return new Error(`Not the answer that is expected: ${bytes.toString('latin1').slice(0, 2000)}`);
}
