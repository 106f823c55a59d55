import type {Failure} from './failure.ts';
import type {OpenedKeys} from './key-process-methods.ts';
import {boolean, list, object, text} from './shape.ts';

/** A worker needs a key process. */
export interface RunKeys {
  /** Of the roots of trust that the store lists: the key process must reach their files. */
  readonly uris: readonly string[];
  /** Whether it is to make the first root key file, and nothing else. */
  readonly seeding: boolean;
}

/** The worker has its end of the socket pair by now. */
export interface KeysRun {
  readonly pid: number;
  readonly network: 'none' | 'open' | 'needed';
}

/** The worker answers what the key process asks: it can open the keys. */
export interface OpenKeys {
  /** In place of one that has ended. */
  readonly again: boolean;
}

/** One of them. */
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
export const runKeys = object<RunKeys>({uris: list(text), seeding: boolean});
export const openKeys = object<OpenKeys>({again: boolean});
