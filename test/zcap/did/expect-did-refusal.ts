import {expect} from 'chai';
import {NotAllowedError} from '../../../lib/errors.ts';
import {DidError, type DidRefusal} from '../../../lib/zcap/did/did-error.ts';

/** Expects a bare refusal of the DID layer, for exactly this cause. */
export function expectDidError(work: () => unknown, refusal: DidRefusal): void {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(DidError);
    expect((error as DidError).refusal).to.equal(refusal);
    return;
  }
  throw new Error('Nothing was refused.');
}

/** Expects a resolver's refusal: what is public says nothing, and the cause is exactly this. */
export async function expectUnresolved(resolution: unknown, refusal: DidRefusal): Promise<void> {
  const error: unknown = await Promise.resolve(resolution).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, 'nothing was refused').to.be.instanceOf(NotAllowedError);
  const {reason, status, publicCause, cause} = error as NotAllowedError;
  expect({reason, status, publicCause}).to.deep.equal({
    reason: 'did',
    status: 403,
    publicCause: {
      name: 'NotAllowedError',
      message: 'The verification method could not be resolved for this purpose.',
    },
  });
  expect(cause).to.be.instanceOf(DidError);
  expect((cause as DidError).refusal).to.equal(refusal);
}
