import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

const INTERVAL_BYTES = 4 * 1024 * 1024;

/**
 * Bounds the memory of a long stream: what its pieces were in lies outside of the JavaScript heap, of which V8 knows little, so that it
 * collects them only when there are a hundred megabytes and more. A collection of young objects takes less than a millisecond.
 * @returns to be told how many bytes went through
 */
export function collectBuffers(): (bytes: number) => void {
  setFlagsFromString('--expose-gc');
  // Of a new context: that of this process was made without it.
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') return () => undefined;
  let passed = 0;
  return (bytes) => {
    passed += bytes;
    if (passed < INTERVAL_BYTES) return;
    passed = 0;
    Reflect.apply(collect, undefined, [{type: 'minor'}]);
  };
}
