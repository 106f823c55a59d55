import {setFlagsFromString} from 'node:v8';

/**
 * Lets the heap's young generation grow no more than it has: by default it grows with the machine's memory, to more than
 * a hundred megabytes, where requests leave much behind, and gains nothing by it. Call once the server is loaded, by which the
 * young generation has come to some 32 MB.
 */
export function keepYoungHeapSmall(): void {
  // V8 asks for the factor each time. The largest size itself can be told only on Node's command line.
  setFlagsFromString('--semi-space-growth-factor=1');
}
