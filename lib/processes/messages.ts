import type {RootsChange} from '../sealing/root-of-trust-options.ts';

/** What a worker is told when it begins. */
export interface WorkerStart {
  /** What the settings are loaded from; the same for all workers, also for later ones. */
  readonly texts: Readonly<Record<string, string>>;
  /** A number that no other living worker of the server has; from 1. */
  readonly number: number;
  /** How many there are to be. */
  readonly workers: number;
  /** Whether it is the first of all: it may ask for passphrases, and read what can be read but once. */
  readonly isFirst: boolean;
  /** Whether it is one of those that the server began with: later ones get no share of rates that others had before them. */
  readonly hasShare: boolean;
  /** An operator has sealed the server. */
  readonly sealed: boolean;
}

/** A worker answers requests. */
export interface WorkerListening {
  readonly url: string;
  /** Lines for the person who has started the server. */
  readonly notices: readonly string[];
}

/** Asked of the primary by a worker for roots of trust, and by the primary of another that has them open. */
export interface HandOverRequest {
  /** Of a `RootReceiver`. */
  readonly point: Uint8Array;
  /** Of which worker; undefined: of any that has them. */
  readonly from?: number;
}

/** What a worker has done with the roots of trust; the others `follow`. */
export interface RootsChanged {
  readonly change: RootsChange;
  /** Which worker has done it: said to those that follow. */
  readonly from?: number;
}

export interface PointsRequest {
  readonly limiter: LimiterName;
  readonly subject: string;
  /** Which window of time it is, on the clock that all processes of a machine share. */
  readonly window: number;
  readonly want: number;
}

export type LimiterName = 'address' | 'invoker';

export interface WorkerStatus {
  readonly number: number;
  readonly pid: number;
  readonly state: WorkerState;
  /** Absent where it does not answer, or not yet. */
  readonly sealed?: boolean;
}

/** `leaving`: it takes no more connections, and finishes what it was asked. */
export type WorkerState = 'starting' | 'listening' | 'leaving';
