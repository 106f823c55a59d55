import {setTimeout as sleep} from 'node:timers/promises';
import {unavailable} from './foreign-error.ts';

/** What a key module answers, if it does within `limitMs`. @throws UnavailableError where it takes longer */
export async function inTime<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  const stopping = new AbortController();
  const late = sleep(limitMs, undefined, {signal: stopping.signal}).then(
    () => {
      throw unavailable(new Error(`The key module gave no answer within ${limitMs} ms.`));
    },
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    stopping.abort();
  }
}
