import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';

describe('the test run', () => {
  it('tells of failures whose errors cannot be sent, from parallel workers', () => {
    const directory = mkdtempSync(join(import.meta.dirname, 'hooks-'));
    try {
      for (const name of ['a', 'b']) {
        const text = `it('${name}', () => {
          throw Object.assign(new Error('why ${name}'), {options: Object.freeze({fetch: () => 1})});
        });\n`;
        writeFileSync(join(directory, `${name}.ts`), text);
      }
      const {stdout, status} = spawnSync('mocha', ['--parallel', '--jobs', '2', `${directory}/*.ts`], {
        encoding: 'utf8',
      });
      expect(stdout).to.include('Error: why a').and.include('Error: why b').and.include('0 passed, 2 failed');
      expect(status).to.equal(2);
    } finally {
      rmSync(directory, {recursive: true});
    }
  });
});
