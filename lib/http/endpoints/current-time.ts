import type {EndpointDependencies} from './endpoint-dependencies.ts';

type Clock = Pick<EndpointDependencies, 'now'>;

/** Milliseconds since the epoch. */
export function currentMs({now = Date.now}: Clock): number {
  return now();
}

/** Whole Unix seconds, as HTTP signatures count them. */
export function currentSeconds(clock: Clock): number {
  return Math.floor(currentMs(clock) / 1000);
}
