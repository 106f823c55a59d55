import {expect} from 'chai';
import {AdminError} from '../../../lib/admin/admin-operation.ts';
import {BackupError} from '../../../lib/backup/backup-error.ts';
import {NotFoundError, UnavailableError} from '../../../lib/errors.ts';
import {AnchorError} from '../../../lib/integrity/anchor-lines.ts';
import {KeyProcessStartError} from '../../../lib/isolation/protocol/key-process-start-error.ts';
import {PROCESS_FAILURES} from '../../../lib/isolation/protocol/process-failures.ts';
import {decodeCbor, encodeCbor} from '../../../lib/rpc/cbor.ts';
import {failure, failureOf, reviveFailure, type FailureKinds} from '../../../lib/rpc/failure.ts';
import {SealedError} from '../../../lib/sealing/sealing-errors.ts';
import {
  InvalidSchemaError,
  KeyInUseError,
  KeyNotFoundError,
  RootsChangedError,
} from '../../../lib/storage/key-errors.ts';

const ERRORS: readonly Error[] = [
  new AdminError('refused', 'It is the last.'),
  new AdminError('not-found', 'There is none.'),
  new AnchorError('The file is not an anchor.'),
  new BackupError('roots-changed', 'Make it again.'),
  new InvalidSchemaError('It is newer.'),
  new KeyInUseError('It is sealed under.'),
  new KeyNotFoundError('There is none.'),
  new KeyProcessStartError('The root is away.', {reason: 'root-of-trust'}),
  new KeyProcessStartError('It has ended.'),
  new NotFoundError('Key not found.'),
  new RootsChangedError('Read them again.'),
  new SealedError(),
];

function carried(error: Error, kinds?: FailureKinds): Error {
  return reviveFailure(failure(decodeCbor(encodeCbor(failure(failureOf(error, kinds))))), kinds);
}

describe('errors that the processes of a server tell each other', () => {
  for (const error of ERRORS) {
    const {message, name, code, reason} = error as Error & {readonly code?: string; readonly reason?: string};
    it(`are what they were: ${name}: ${message}`, () => {
      const revived = carried(error, PROCESS_FAILURES);
      expect(revived.constructor).to.equal(error.constructor);
      expect(revived).to.include({message, name, ...(code && {code}), ...(reason && {reason})});
    });
  }

  it('are to others what they have in common', () => {
    const revived = carried(new SealedError());
    expect(revived.constructor).to.equal(UnavailableError);
    expect(revived.message).to.equal('The server is sealed.');
  });
});
