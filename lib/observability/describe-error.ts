/** How deep causes are followed: a cycle of causes ends here. */
const MAX_CAUSES = 4;
/** Of the errors that one error stands for. */
const MAX_ERRORS = 4;
const MAX_MESSAGE_LENGTH = 500;

/** What the log says of an error: chosen members only, since errors may carry what they failed on. */
export interface ErrorDescription {
  readonly name: string;
  readonly message?: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
  /** What it stands for, e.g. an `AggregateError`, or the verifier libraries' one. */
  readonly errors?: readonly ErrorDescription[];
}

/** Describes an error for the log, with its stack frames. */
export function describeErrorWithStack(error: unknown): ErrorDescription {
  return describe(error, {stack: true, depth: 0});
}

/** Describes an error for the log. */
export function describeError(error: unknown): ErrorDescription {
  return describe(error, {stack: false, depth: 0});
}

function describe(error: unknown, {stack, depth}: {stack: boolean; depth: number}): ErrorDescription {
  if (!(error instanceof Error)) return {name: `a thrown ${typeof error}`};
  const message = safeMessage(error);
  const frames = stack ? safeFrames(error) : undefined;
  const cause = error.cause !== undefined && depth < MAX_CAUSES;
  const errors: readonly unknown[] =
    'errors' in error && Array.isArray(error.errors) && depth < MAX_CAUSES ? error.errors : [];
  const describeNext = (next: unknown): ErrorDescription => describe(next, {stack, depth: depth + 1});
  return {
    name: error.name,
    ...(message !== undefined && {message}),
    ...('code' in error && typeof error.code === 'string' && {code: error.code}),
    ...(frames !== undefined && {stack: frames}),
    ...(cause && {cause: describeNext(error.cause)}),
    ...(errors.length > 0 && {errors: errors.slice(0, MAX_ERRORS).map(describeNext)}),
  };
}

/**
 * `JSON.parse` quotes its input in a SyntaxError's message, and Node its argument after "Received": either may be
 * key material.
 */
function safeMessage(error: Error): string | undefined {
  if (error instanceof SyntaxError) return undefined;
  return error.message.replace(/\bReceived\b[^]*$/, 'Received […]').slice(0, MAX_MESSAGE_LENGTH);
}

/** The frames without the message that a stack begins with. */
function safeFrames(error: Error): string | undefined {
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return frames?.slice(0, 20).join('\n');
}
