import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** What a program says on standard output, run by this Node in a process of its own. */
export async function runProgram(program: string, args: readonly string[]): Promise<string> {
  const {stdout} = await run(process.execPath, [program, ...args], {encoding: 'utf8'});
  return stdout;
}
