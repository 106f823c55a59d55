import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {adminCommand, type CommandOutcome} from '../support/admin-command.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/webkms.js', import.meta.url));

export const migrate = (
  dataDir: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandOutcome> => adminCommand(['migrate', ...args], {dataDir, environment});

/** Runs it until its standard error says `at`, and kills it there. @returns whether it had not ended before */
export async function killMigrate(dataDir: string, args: readonly string[], at: string): Promise<boolean> {
  const child = spawn(process.execPath, [LAUNCHER, 'admin', 'migrate', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {PATH: process.env['PATH'], WEBKMS_DATA_DIR: dataDir, WEBKMS_LOG_LEVEL: 'error'},
  });
  const closed = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes(at)) child.kill('SIGKILL');
  });
  const [, signal] = (await closed) as [number | null, string | null];
  if (signal === null && !said.includes(at)) throw new Error(`It ended before: ${said}`);
  return signal === 'SIGKILL';
}
