import {ClientError} from './client-error.ts';

const MEANINGS: ReadonlyMap<string, readonly [ClientError['reason'], string]> = new Map([
  ['ENOENT', ['not-found', 'does not exist']],
  ['ENOTDIR', ['not-found', 'does not exist: part of its path is not a directory']],
  ['EISDIR', ['failed', 'is a directory']],
  ['EACCES', ['failed', 'may not be read or written by this user']],
  ['EPERM', ['failed', 'may not be read or written by this user']],
  ['ENOSPC', ['failed', 'cannot be written: the disk is full']],
  ['EROFS', ['failed', 'cannot be written: the file system is read-only']],
]);

/** What an operating system's refusal means; any other error as it is. @param name e.g. `The input file x` */
export function fileError(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const code = String(error.code);
  const [reason, meaning] = MEANINGS.get(code) ?? ['failed', `cannot be used (${code})`];
  return new ClientError(reason, `${name} ${meaning}.`, {cause: error});
}
