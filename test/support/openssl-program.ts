import {spawnSync} from 'node:child_process';
import type {Context} from 'mocha';

/** Skips the test, or all tests of the hook's suite, where the openssl program is missing. @throws where it must not be, `CI=true` */
export function needOpenssl(context: Context): void {
  if (spawnSync('openssl', ['version']).status === 0) return;
  if (process.env['CI'] === 'true') throw new Error('The openssl program is missing.');
  console.log('    skipped: the openssl program is missing');
  context.skip();
}
