import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';

const EXAMPLE = fileURLToPath(new URL('../../examples/signed-tokens.ts', import.meta.url));

describe('examples/signed-tokens.ts', () => {
  it('runs, and says what it shows', async () => {
    const {stdout, stderr} = await promisify(execFile)(process.execPath, [EXAMPLE]);
    expect(stderr).to.equal('');
    expect(stdout.split('\n')).to.deep.equal([
      'Made a key of type ES256, which stays in the server',
      'jose has verified the token from the JWK Set; role: admin',
      'Rotated to version 2: old tokens and new ones are verified by a JWK Set of both',
      'A token that was changed is refused',
      '',
    ]);
  });
});
