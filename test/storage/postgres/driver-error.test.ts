import {expect} from 'chai';
import {DatabaseError} from 'pg';
import {InternalError, OutcomeUnknownError, UnavailableError} from '../../../lib/errors.ts';
import {isRefusal, toStoreError, toWriteError} from '../../../lib/storage/postgres/driver-error.ts';

const answer = (code: string): DatabaseError =>
  Object.assign(new DatabaseError('The server says so.', 1, 'error'), {code});

describe('what the errors of PostgreSQL mean', () => {
  for (const [what, code] of [
    ['idle in a transaction for too long', '25P03'],
    ['in a transaction for too long', '25P04'],
    ['ended by an operator', '57P01'],
  ] as const) {
    it(`a connection that is ended as it is ${what} says nothing of what was sent`, () => {
      expect(isRefusal(answer(code))).to.equal(false);
      expect(toStoreError(answer(code)))
        .to.be.instanceOf(UnavailableError)
        .and.not.instanceOf(OutcomeUnknownError);
      expect(toWriteError(answer(code))).to.be.instanceOf(OutcomeUnknownError);
    });
  }

  it('a statement that was refused, or canceled, was not done', () => {
    expect(toWriteError(answer('57014')))
      .to.be.instanceOf(UnavailableError)
      .and.not.instanceOf(OutcomeUnknownError);
    // A statement in a transaction that has failed is a defect of this program.
    expect(toWriteError(answer('25P02'))).to.be.instanceOf(InternalError);
  });
});
