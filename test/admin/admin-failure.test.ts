import {expect} from 'chai';
import {adminFailure} from '../../lib/admin/admin-failure.ts';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import {InternalError, NotAllowedError, NotFoundError, UnavailableError} from '../../lib/errors.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {
  InvalidParameterError,
  InvalidSchemaError,
  InvalidVersionError,
  KeyInUseError,
  KeyNotFoundError,
  MultipleRecordsError,
  SealedError,
} from '../../lib/sealing/sealing-errors.ts';

describe('what an operator is told of a failure', () => {
  for (const [error, reason] of [
    [new SealedError(), 'sealed'],
    [new RootOfTrustError('missing', 'It does not exist.'), 'refused'],
    [new KeyNotFoundError('No such key.'), 'not-found'],
    [new KeyInUseError('It is needed.'), 'refused'],
    [new InvalidParameterError('No scope.'), 'invalid'],
    [new InvalidVersionError('No version.'), 'invalid'],
    [new InvalidSchemaError('Another schema.'), 'refused'],
    [new MultipleRecordsError('Two of one.'), 'failed'],
    [new UnavailableError('The store is away.'), 'failed'],
  ] as const) {
    it(`is the message of ${error.name} (${error.message}), as ${reason}`, () => {
      const failure = adminFailure(error);
      expect(failure).to.be.instanceOf(AdminError).and.to.include({reason, message: error.message});
      expect(failure.cause).to.equal(error);
    });
  }

  it('is what was said already', () => {
    const error = new AdminError('refused', 'No.');
    expect(adminFailure(error)).to.equal(error);
  });

  it('is the status of what is for clients', () => {
    expect(adminFailure(new NotFoundError('key')).reason).to.equal('not-found');
    expect(adminFailure(new NotAllowedError('invoker', 'Not you.')).reason).to.equal('refused');
  });

  it('is nothing where it may hold anything', () => {
    for (const error of [new TypeError('secret'), new InternalError(new Error('secret')), 'secret']) {
      const failure = adminFailure(error);
      expect(failure.reason).to.equal('failed');
      expect(failure.message).to.not.contain('secret');
      expect(failure.cause).to.equal(error);
    }
  });
});
