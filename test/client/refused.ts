/** An error, with what those of lib/errors.ts have besides. */
export interface Refusal extends Error {
  readonly code?: string;
  readonly status?: number;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly publicCause?: {readonly name: string; readonly message: string} | undefined;
}

/** What an attempt is refused with; fails where it succeeds. */
export async function refused(attempt: Promise<unknown>): Promise<Refusal> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error('It was refused with something that is no error.', {cause: error});
  }
  throw new Error('It was to be refused, and succeeded.');
}
