import {expect} from 'chai';

/** What a client's caller sees of a refused request. */
export interface Refusal {
  readonly message: string;
  readonly status: number;
  /** The body as the server sent it. */
  readonly body: {
    readonly name: string;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
    readonly cause?: {readonly name: string; readonly message: string};
  };
}

/** Awaits a refusal by the server; fails where the attempt succeeds, or fails for another reason. */
export async function refusal(attempt: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason ?? new Error('Rejected with nothing.'),
  );
  expect(error, 'the request was to be refused').to.be.an('error');
  const {message, status, data, cause} = error as Error & {
    status?: number;
    data?: Refusal['body'];
    cause?: {data?: Refusal['body']; cause?: {data?: Refusal['body']}};
  };
  // The client keeps the body of a 404 and of a 409 in its own error's cause only.
  const body = data ?? cause?.data ?? cause?.cause?.data;
  if (!body) throw error as Error;
  return {message, status: status ?? Number.NaN, body};
}

/** Expects `Authorization error.`, for a reason of which the public is told at least `reason`. */
export async function expectForbidden(attempt: Promise<unknown>, reason: string): Promise<void> {
  const {status, body} = await refusal(attempt);
  expect([status, body.name, body.message]).to.deep.equal([403, 'NotAllowedError', 'Authorization error.']);
  expect(body.cause?.message).to.include(reason);
}
