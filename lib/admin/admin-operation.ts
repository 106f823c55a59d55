import type {KeyManagement} from '../key-management.ts';
import {ReasonedError} from '../reasoned-error.ts';

/** How far a long operation is; shown to the operator as a bar or a line. */
export interface AdminProgress {
  /** E.g. `rotating`, `rewrapping`, `copying`. */
  readonly step: string;
  readonly done: number;
  /** Absent where it is not known. */
  readonly total?: number;
}

export interface AdminCall {
  readonly report: (progress: AdminProgress) => void;
  /**
   * Gives the operator's command a line of output, for its standard output, in order; without its line feed. Resolves
   * when more may follow. What was written stays written where the operation fails.
   */
  readonly write: (line: string) => Promise<void>;
  /** The lines of the anchor that the operator named, from its beginning each time; absent where this process reads the file itself. */
  readonly anchorLines?: () => AsyncIterable<string>;
  /** Aborted where the operator's command has gone: jobs go on without it, all else stops. */
  readonly signal: AbortSignal;
}

/**
 * One thing that an operator can ask for, of the running server (over its admin socket) or of the store while no server
 * runs: the same code does both.
 */
export interface AdminOperation<Parameters, Result, Management = KeyManagement> {
  /** E.g. `root.add`. */
  readonly name: string;
  /** Whether it works while the server is sealed. */
  readonly whileSealed: boolean;
  /** What came over the socket → typed. @throws AdminError, `invalid` */
  parse(parameters: unknown): Parameters;
  /** @returns something that JSON can carry. @throws AdminError, and whatever the parts throw */
  run(management: Management, parameters: Parameters, call: AdminCall): Promise<Result>;
}

const ADMIN_REASONS = ['invalid', 'refused', 'not-found', 'sealed', 'failed'] as const;
export type AdminReason = (typeof ADMIN_REASONS)[number];

/** Why an operation was refused, for the operator. Messages never hold secrets. */
export class AdminError extends ReasonedError<AdminReason> {
  override readonly name = 'AdminError';
  readonly code = 'ERR_ADMIN';
}

/** What another process gave as a reason. */
export function adminReason(word: unknown): AdminReason {
  return ADMIN_REASONS.find((reason) => reason === word) ?? 'failed';
}
