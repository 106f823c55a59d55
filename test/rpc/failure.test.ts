import {expect} from 'chai';
import * as errors from '../../lib/errors.ts';
import {decodeCbor, encodeCbor} from '../../lib/rpc/cbor.ts';
import {failure, failureOf, OtherProcessError, reviveFailure} from '../../lib/rpc/failure.ts';

const {
  InternalError,
  KeyPolicyError,
  KmsError,
  MethodNotAllowedError,
  NotAllowedError,
  NotFoundError,
  RateLimitError,
  SourceAddressError,
  ValidationError,
} = errors;

/** Members that only some have. */
const OWN = ['reason', 'allow', 'validator'];

/** One of each way in which a request can fail, as it is thrown. */
const SAMPLES = new Map<string, errors.KmsError>(
  [
    new KeyPolicyError('exportable', 'The policy forbids it.'),
    new MethodNotAllowedError(['GET', 'POST']),
    new NotAllowedError('revoked', 'A capability was revoked.', {details: {capability: 'urn:uuid:1'}}),
    new RateLimitError(7),
    new SourceAddressError(),
    new ValidationError('signOperation', [
      {name: 'ValidationError', message: 'should be string', details: {path: '.verifyData', keyword: 'type'}},
    ]),
  ].map((error) => [error.constructor.name, error]),
);

type Plain = new (message: string, options: errors.KmsErrorOptions) => errors.KmsError;

function sample(name: string, type: unknown): errors.KmsError {
  const options = {details: {algorithm: 'ES256'}, publicCause: {name: 'Other', message: 'Something else.'}};
  return SAMPLES.get(name) ?? new (type as Plain)('It failed.', options);
}

function kmsError(error: Error): errors.KmsError {
  if (error instanceof KmsError) return error;
  throw error;
}

function carried(error: unknown): Error {
  return reviveFailure(failure(decodeCbor(encodeCbor(failure(failureOf(error))))));
}

describe('errors that go from process to process', () => {
  for (const [name, type] of Object.entries(errors)) {
    const isError = typeof type === 'function' && type.prototype instanceof KmsError;
    if (!isError || name === 'InternalError') continue;
    it(`${name} is what it was`, () => {
      const error = sample(name, type);
      const revived = kmsError(carried(error));
      expect(revived).to.be.instanceOf(type);
      const {message, code, status, details, publicCause, retryAfterSeconds} = error;
      expect(revived).to.deep.include({name: error.name, message, code, status});
      expect(revived.details).to.deep.equal(details);
      expect(revived.publicCause).to.deep.equal(publicCause);
      expect(revived.retryAfterSeconds).to.equal(retryAfterSeconds);
      const more = (each: object): object =>
        Object.fromEntries(Object.entries(each).filter(([member]) => OWN.includes(member)));
      expect(more(revived)).to.deep.equal(more(error));
    });
  }

  it('of another class of the same name is an internal error, and its message goes to the log alone', () => {
    const Foreign = {NotFoundError: class NotFoundError extends Error {}}.NotFoundError;
    expect(carried(new errors.NotFoundError('Key not found.'))).to.be.instanceOf(errors.NotFoundError);
    const revived = carried(new Foreign('/var/lib/secret'));
    expect(revived).to.be.instanceOf(InternalError);
    expect(revived.message).to.not.contain('secret');
    expect((revived.cause as Error).message).to.contain('secret');
  });

  it('what nobody foresaw is an internal error; what it was is for the log', () => {
    const cause = Object.assign(new TypeError('x is not a function'), {code: 'ERR_X'});
    for (const thrown of [cause, new InternalError(cause)]) {
      const revived = carried(thrown);
      expect(revived).to.be.instanceOf(InternalError);
      expect(revived.message).to.not.contain('function');
      expect(revived.cause).to.be.instanceOf(OtherProcessError);
      expect((revived.cause as Error).message).to.equal('TypeError (ERR_X): x is not a function');
    }
    expect(carried('text')).to.be.instanceOf(InternalError);
  });

  for (const [what, text] of Object.entries({
    'is cut within a character': `${'x'.repeat(1999 - 'Error: '.length)}\u{1f511}`,
    'has half of one': `half ${'\u{1f511}'.slice(0, 1)}`,
    'is longer than any text that is taken': 'x'.repeat(2 ** 21),
  })) {
    it(`a text that ${what} goes as one`, () => {
      expect(carried(new Error(text))).to.be.instanceOf(InternalError);
      expect(carried(new NotFoundError(text))).to.be.instanceOf(NotFoundError);
      expect(carried(new NotFoundError('', {cause: new Error(text)}))).to.be.instanceOf(NotFoundError);
    });
  }
});
