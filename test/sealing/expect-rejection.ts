import {expect} from 'chai';

/** @returns the error, which is an instance of `type`: a promise that resolves, or rejects otherwise, fails the test. */
export async function expectRejection<E extends Error>(
  promise: Promise<unknown>,
  type: abstract new (...args: never[]) => E,
): Promise<E> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({error}),
  );
  if (!outcome) throw new Error(`Nothing was thrown where ${type.name} was expected.`);
  expect(outcome.error).to.be.instanceOf(type);
  return outcome.error as E;
}
