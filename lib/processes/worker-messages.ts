import type {RootsChange} from '../sealing/root-of-trust-options.ts';
import type {HandOverRequest, LimiterName, PointsRequest, RootsChanged, WorkerListening} from './messages.ts';

/** A worker has said what workers do not say. It is told so where it asked, and nothing comes of it. */
export class WorkerMessageError extends Error {
  override readonly name = 'WorkerMessageError';
  readonly code = 'ERR_WORKER_MESSAGE';
}

type Members = Readonly<Record<string, unknown>>;

const LIMITERS: readonly LimiterName[] = ['address', 'invoker'];
const CHANGES: readonly RootsChange[] = ['seal', 'unseal', 'take'];
/** An address or a DID: no longer than those of capabilities and signatures. */
const MAX_SUBJECT = 2048;
const MAX_POINT = 4096;
const MAX_LINE = 4096;
const MAX_NOTICES = 100;

/** The primary does not believe workers: each of these makes anew what it knows. @throws WorkerMessageError */
export function pointsRequest(payload: unknown): PointsRequest {
  const {limiter, subject, window, want} = membersOf(payload);
  return {
    limiter: oneOf(LIMITERS, limiter),
    subject: textUpTo(MAX_SUBJECT, subject),
    window: count(window),
    want: count(want),
  };
}

export function handOverRequest(payload: unknown): HandOverRequest {
  const {point, from} = membersOf(payload);
  if (!(point instanceof Uint8Array) || point.length > MAX_POINT) refuse('a point');
  return {point, ...(from !== undefined && {from: count(from)})};
}

export function rootsChanged(payload: unknown): RootsChanged {
  return {change: oneOf(CHANGES, membersOf(payload)['change'])};
}

export function workerListening(payload: unknown): WorkerListening {
  const {url, notices} = membersOf(payload);
  return {
    url: textUpTo(MAX_LINE, url),
    notices: listUpTo(MAX_NOTICES, notices).map((notice) => textUpTo(MAX_LINE, notice)),
  };
}

export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : refuse('an object');
}

export function listUpTo(max: number, value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length <= max ? (value as readonly unknown[]) : refuse('a short list');
}

export function textUpTo(max: number, value: unknown): string {
  return typeof value === 'string' && value.length <= max ? value : refuse('a short text');
}

export function oneOf<T>(words: readonly T[], value: unknown): T {
  return words.find((word) => word === value) ?? refuse('one of the words');
}

export function refuse(expected: string): never {
  throw new WorkerMessageError(`Something that a worker has said is not ${expected}.`);
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : refuse('a count');
}
