import {expect} from 'chai';
import {KmsError, NotAllowedError} from '../../lib/errors.ts';

/** Runs `work` and returns what it threw, which must be one of ours. */
export function thrownBy(work: () => unknown): KmsError {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(KmsError);
    return error as KmsError;
  }
  throw new Error('Nothing was thrown.');
}

/** Expects a refusal for exactly this reason. */
export function expectRefusal(work: () => unknown, reason: string): void {
  const error = thrownBy(work);
  if (!(error instanceof NotAllowedError)) throw error;
  expect(error.reason, error.publicCause?.message).to.equal(reason);
}
