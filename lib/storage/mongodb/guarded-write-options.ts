import {InternalError, KmsError, OutcomeUnknownError} from '../../errors.ts';
import type {Documents, OnStep} from './documents.ts';
import {DuplicateKeyError} from './driver-error.ts';

export interface GuardedWritesOptions {
  readonly documents: Documents;
  /** What one operation may take, with all that it waits for. */
  readonly timeoutMs: number;
  readonly onStep?: OnStep | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** Waits before an operation begins again. */
  readonly pause?: ((ms: number) => Promise<unknown>) | undefined;
}

/** What was read has been changed meanwhile: the operation begins again. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/** Whether what was sent has not been done, and will not be done later either. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof DuplicateKeyError ||
  (error instanceof KmsError && !(error instanceof OutcomeUnknownError || error instanceof InternalError));
