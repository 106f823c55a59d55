import {WASI} from 'node:wasi';

const THREAD_CPU = 3;
/** A module of WebAssembly that has one page of memory, and nothing else. */
const MODULE = Buffer.from('0061736d0100000005030100010' + '70a01066d656d6f72790200', 'hex');

/** As far as it is used here: the types of Node have it only together with those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: {readonly memory: {readonly buffer: ArrayBuffer}};
  };
}

const {WebAssembly} = globalThis as unknown as {readonly WebAssembly: WebAssemblyApi};

type ClockTimeGet = (clock: number, precision: bigint, address: number) => number;

/**
 * @returns what tells the nanoseconds of CPU that this thread has used, exactly: what node:process gives is as old as the
 *   scheduler's last tick.
 */
export function threadCpuClock(): () => number {
  const wasi = new WASI({version: 'preview1'});
  const {memory} = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;
  wasi.initialize({exports: {memory}});
  const view = new DataView(memory.buffer);
  const clockTimeGet = (wasi.wasiImport as Readonly<Record<string, ClockTimeGet>>)['clock_time_get'];
  if (!clockTimeGet) throw new Error('WASI has no clocks.');
  return () => {
    clockTimeGet(THREAD_CPU, 1n, 0);
    return Number(view.getBigUint64(0, true));
  };
}
