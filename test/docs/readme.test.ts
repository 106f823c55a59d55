import {execFile} from 'node:child_process';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {runServer} from '../support/run-server.ts';

const README = new URL('../../README.md', import.meta.url);

describe('README.md', () => {
  it('has a snippet that runs, with another address and certificate in it', async () => {
    const [, snippet = ''] = /```js\n([^]*?)```/.exec(await readFile(README, 'utf8')) ?? [];
    const server = await runServer();
    // Beside the tests, for the packages to be found.
    const file = join(import.meta.dirname, `.snippet-${process.pid}.mjs`);
    try {
      const code = snippet
        .replace('https://localhost:9443', server.baseUrl)
        .replace("'.webkms/tls.crt'", JSON.stringify(join(server.dataDir, 'tls.crt')));
      expect(code).to.not.include('9443').and.not.include('.webkms');
      await writeFile(file, code);
      const {stdout} = await promisify(execFile)(process.execPath, [file]);
      expect(stdout).to.match(/^did:key:(z6Mk\w+)#\1 [0-9a-f]{128}\n$/);
    } finally {
      await rm(file, {force: true});
      await server.stop();
    }
  });
});
