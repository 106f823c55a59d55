/** Sent as an error's `cause`. */
export interface PublicCause {
  readonly name: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface KmsErrorOptions {
  /** Logged, never sent. */
  readonly cause?: unknown;
  /** Sent. Never a path, a stack or key material. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Sent as `cause`. */
  readonly publicCause?: PublicCause;
}

/** `false`: what is thrown has no stack frames. */
let takesStacks = true;

/**
 * From now on no `KmsError` has stack frames. Nobody reads those of an error that is the answer to a request, and to take them
 * costs more than to read the request. What an error was caused by has its own. For a process that is a server.
 */
export function omitStacks(): void {
  takesStacks = false;
}

/**
 * A way in which a request can fail. The literal `name` is the wire's word (it is `type` and `name` of the body), `code` is ours
 * and stable, `status` is HTTP's. `message`, `details` and `publicCause` are sent; `cause` is logged and never sent.
 */
export abstract class KmsError extends Error {
  abstract override readonly name: string;
  abstract readonly code: string;
  abstract readonly status: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly publicCause: PublicCause | undefined;
  readonly retryAfterSeconds?: number;

  constructor(message: string, {cause, details, publicCause}: KmsErrorOptions = {}) {
    const {stackTraceLimit} = Error;
    if (!takesStacks) Error.stackTraceLimit = 0;
    super(message, cause === undefined ? undefined : {cause});
    Error.stackTraceLimit = stackTraceLimit;
    this.details = details;
    this.publicCause = publicCause;
  }
}
