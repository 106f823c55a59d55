import type {WorkerState, WorkerStatus} from '../../processes/messages.ts';
import type {RootsChange} from '../../sealing/root-of-trust-options.ts';
import {KEY_PROCESS_METHODS, type OpenedKeys, type OpenRequest} from './key-process-methods.ts';
import type {MethodsOf} from '../../rpc/methods-of.ts';
import {
  boolean,
  bytesUpTo,
  count,
  done,
  list,
  listUpTo,
  maybe,
  object,
  oneOf,
  optional,
  text,
  tuple,
} from '../../rpc/shape.ts';

/** What the primary of a server of several processes asks of a key process; no worker can. */
export interface WorkersKeys {
  open(request: OpenRequest): Promise<OpenedKeys>;
  /** @param point of a `RootReceiver` in another key process. @returns a box for it; undefined where nothing is open */
  handOver(point: Uint8Array): Promise<Uint8Array | undefined>;
  /** Does what the key process of that worker has done with the roots of trust. @param used as `OpenRequest.usedRoots` */
  follow(change: RootsChange, from: number, used: readonly string[]): Promise<void>;
}

/** What a key process asks of the primary. */
export interface PrimaryProcess {
  /** @param from of which worker's key process. Default: of any that has them. @returns its box, or undefined where none has */
  handOver(point: Uint8Array, from?: number): Promise<Uint8Array | undefined>;
  /** Fingerprints of the roots of trust that it has used, and of those that these vouch for. */
  rootsUsed(fingerprints: readonly string[]): Promise<void>;
  /** The others `follow`, before this returns. */
  rootsChanged(change: RootsChange): Promise<void>;
  workers(): Promise<readonly WorkerStatus[]>;
}

const POINT_BYTES = 32;
/** Of many roots. */
const MAX_BOX_BYTES = 1024 * 1024;
/** Of roots that a server can have had since it began. */
const MAX_FINGERPRINTS = 10_000;

const point = bytesUpTo(POINT_BYTES);
const box = maybe(bytesUpTo(MAX_BOX_BYTES));
const change = oneOf<RootsChange>('seal', 'unseal', 'take');
const fingerprints = listUpTo(MAX_FINGERPRINTS, text);

export const WORKERS_KEYS_METHODS: MethodsOf<WorkersKeys> = {
  open: KEY_PROCESS_METHODS.open,
  handOver: {parameters: tuple(point), result: box},
  follow: {parameters: tuple(change, count, fingerprints), result: done, writes: true},
};

export const PRIMARY_METHODS: MethodsOf<PrimaryProcess> = {
  handOver: {parameters: tuple(point, maybe(count)), result: box},
  rootsUsed: {parameters: tuple(fingerprints), result: done},
  rootsChanged: {parameters: tuple(change), result: done, writes: true},
  workers: {
    parameters: tuple(),
    result: list(
      object<WorkerStatus>({
        number: count,
        pid: count,
        state: oneOf<WorkerState>('starting', 'listening', 'leaving'),
        sealed: optional(boolean),
      }),
    ),
  },
};
