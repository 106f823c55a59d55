import type {WireRequest} from '../../support/wire.ts';

/** One request, to be judged by both servers. */
export interface Attempt {
  /** What it would have been without its flaw, for people. */
  readonly base: string;
  /** Sent first, in order; both servers must accept each. */
  readonly prelude?: readonly WireRequest[];
  readonly request: WireRequest | Buffer;
}

/** A server's verdict: whether the answer was a success. A crash is a refusal. */
export type Verdict = 'accepts' | 'refuses';
