import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';

const EXAMPLE = fileURLToPath(new URL('../../examples/oidc-client-secrets.ts', import.meta.url));

describe('examples/oidc-client-secrets.ts', () => {
  it('runs, and says what it shows', async () => {
    const {stdout, stderr} = await promisify(execFile)(process.execPath, [EXAMPLE]);
    expect(stderr).to.equal('');
    expect(stdout.split('\n')).to.deep.equal([
      'Opens the roots of trust:',
      '  (made a new root key: back it up, without it nothing in the store can be opened)',
      '  oidc_client.key_version_id keeps key versions from being deleted',
      '  root_wrapper.sealer_key_version keeps key versions from being deleted',
      'Sealed the secrets of two clients; rootKey: 1 version, client-secrets: 1 version',
      'Rotated; rootKey: 2 versions, client-secrets: 2 versions',
      'An old row opens: correct horse battery staple',
      'Deleting the old version of the data key is refused: rows are sealed under it',
      'Sealed 2 rows anew',
      'Deleted the old versions; rootKey: 1 version, client-secrets: 1 version',
      'The row still opens: correct horse battery staple',
      '',
    ]);
  });
});
