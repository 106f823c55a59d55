import type {Failure} from '../../rpc/failure.ts';
import type {OpenedKeys} from './key-process-methods.ts';
import {boolean, object} from '../../rpc/shape.ts';

/** A worker needs a key process. */
export interface RunKeys {
  /** Whether it is to make the first root key file, and nothing else: the store lists no root of trust. */
  readonly seeding: boolean;
}

/** The worker has its end of the socket pair by now. */
export interface KeysRun {
  readonly pid: number;
  readonly network: 'none' | 'open' | 'needed';
}

/** What comes of opening the keys, which a worker asks for when it can answer what the key process asks: one of them. */
export interface KeysOpened {
  readonly opened?: OpenedKeys;
  readonly failed?: Failure;
}

export interface KeysEnded {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
}

/** The primary does not believe workers. */
export const runKeys = object<RunKeys>({seeding: boolean});
