import type {Stats} from 'node:fs';
import {errorCode} from '../../error-code.ts';
import {RootOfTrustError, type RootOfTrustReason} from '../root-of-trust-error.ts';

type FileStats = Pick<Stats, 'dev' | 'ino' | 'mode' | 'uid' | 'isFile' | 'isSymbolicLink'>;

export const ROOT_KEY_FILE = 'The root key file';

/**
 * Whether others than `user` (a uid) or root could have read a root key file, or put it there.
 * @param name what the message calls the file.
 * @param stats of the file as opened, and of its name (the link, where it is one).
 */
export function keyFileProblem(
  path: string,
  {opened, named}: {readonly opened: FileStats; readonly named: FileStats},
  user: number | undefined,
  name = ROOT_KEY_FILE,
): RootOfTrustError | undefined {
  const problem = (reason: RootOfTrustReason, message: string): RootOfTrustError =>
    new RootOfTrustError(reason, `${name} ${path} ${message}`);
  const trusted = ({uid}: FileStats): boolean => uid === 0 || uid === user;

  if (!opened.isFile())
    return problem('not-a-file', 'is not a regular file. Name the file that holds the secret.');
  if (!trusted(opened))
    return problem(
      'owner',
      'belongs to another user. Its owner must be the user that runs the server, or root.',
    );
  // With an access control list the group bits show the most that any named user or group may do.
  if ((opened.mode & 0o077) !== 0)
    return problem('permissions', `is open to other users. Close it: chmod 600 ${path}`);
  if (named.isSymbolicLink()) {
    return trusted(named)
      ? undefined
      : problem('owner', 'is a symbolic link that belongs to another user. Name the file itself.');
  }
  const same = opened.dev === named.dev && opened.ino === named.ino;
  return same ? undefined : problem('unreadable', 'was replaced while it was read. Try again.');
}

/** By Node's permission model, in a process of its own for keys. */
export const NOT_GRANTED = 'ERR_ACCESS_DENIED';
export const HOW_GRANTED =
  'With WEBKMS_ISOLATION=process the settings alone say what it may: name the root of trust in WEBKMS_OTHER_ROOT_WRAPPERS.';

const REASONS: ReadonlyMap<string, readonly [RootOfTrustReason, string]> = new Map([
  ['ENOENT', ['missing', 'does not exist.']],
  ['ENOTDIR', ['missing', 'does not exist: part of its path is not a directory.']],
  ['EEXIST', ['exists', 'exists already.']],
  [NOT_GRANTED, ['unreadable', `may not be read by this process. ${HOW_GRANTED}`]],
]);

/** What the operating system's refusal means. */
export function fileAccessError(
  path: string,
  error: unknown,
  {
    name = ROOT_KEY_FILE,
    otherwise = 'unreadable',
  }: {readonly name?: string; readonly otherwise?: 'unreadable' | 'unwritable'} = {},
): RootOfTrustError {
  const errno = errorCode(error) ?? 'unknown error';
  const action = otherwise === 'unreadable' ? 'read' : 'made';
  const [reason, message] = REASONS.get(errno) ?? [
    otherwise,
    `cannot be ${action} (${errno}). Look at the permissions of the file and its directories for the user that runs the server.`,
  ];
  return new RootOfTrustError(reason, `${name} ${path} ${message}`, {
    cause: error,
  });
}
