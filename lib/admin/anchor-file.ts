import {access, constants, stat} from 'node:fs/promises';
import {readLines} from '../integrity/read-lines.ts';
import {AdminError} from './admin-operation.ts';

/**
 * Before all else: a check may take long.
 * @returns what gives the lines of an anchor, from its beginning each time. @throws AdminError, `not-found` where it cannot be read
 */
export async function openAnchor(path: string): Promise<() => AsyncGenerator<string>> {
  try {
    await access(path, constants.R_OK);
    if ((await stat(path)).isFile()) return () => readLines(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    const message = `The anchor ${path} cannot be read by the server's user${code}.`;
    throw new AdminError('not-found', message, {cause});
  }
  throw new AdminError('not-found', `The anchor ${path} is no file.`);
}
