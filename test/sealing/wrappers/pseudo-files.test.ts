import {existsSync, statSync} from 'node:fs';
import {expect} from 'chai';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {readPrivateFile} from '../../../lib/sealing/wrappers/key-file.ts';
import {PassphraseWrapper} from '../../../lib/sealing/wrappers/passphrase-wrapper.ts';
import {formatArgon2Parameters} from '../../../lib/sealing/wrappers/argon2-parameters.ts';
import {expectRejection} from '../expect-rejection.ts';
import {FakeSecrets} from '../secrets-fixture.ts';

/** Mode 0400, of the process's user, and the same in nearly every process: `00000000`. */
const PSEUDO_FILE = '/proc/self/personality';

describe('a private file that is not on a disk', () => {
  before(function () {
    if (!existsSync(PSEUDO_FILE)) this.skip();
  });

  it('is no secret: others know what it holds', async () => {
    expect(statSync(PSEUDO_FILE).mode & 0o777).to.equal(0o400);
    const error = await expectRejection(
      readPrivateFile(PSEUDO_FILE, {name: 'The file', maxBytes: 100}),
      RootOfTrustError,
    );
    expect(error.reason).to.equal('not-a-file');
    expect(error.message).to.equal(
      `The file ${PSEUDO_FILE} holds more than its size says. Name a file on a disk.`,
    );
    const parameters = formatArgon2Parameters({
      memoryKiB: 8,
      passes: 1,
      parallelism: 1,
      salt: new Uint8Array(16),
    });
    const access = new FakeSecrets().access(parameters);
    await expectRejection(PassphraseWrapper.open(`passphrase:file=${PSEUDO_FILE}`, access), RootOfTrustError);
  });
});
