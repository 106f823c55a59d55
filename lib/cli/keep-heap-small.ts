import {setFlagsFromString} from 'node:v8';

/**
 * Keeps the heap near what lives in it. By default its young generation grows with the machine's memory, to more than a hundred
 * megabytes, where requests leave much behind; and the old one to several times what it holds before garbage is looked for. Neither gains
 * anything that could be measured. Call once the server is loaded, by which the young generation has come to some 32 MB.
 */
export function keepHeapSmall(): void {
  // V8 asks for the factors each time. The largest size of the young generation itself can be told only on Node's command line.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}
