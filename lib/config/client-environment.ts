import {homedir} from 'node:os';
import {join} from 'node:path';
import {parsePath} from './parsers.ts';

/** Variables of the clients' command line: no settings of the server, which leaves them alone. */
export const CLIENT_VARIABLES: ReadonlySet<string> = new Set([
  'WEBKMS_HOME',
  'WEBKMS_PROFILE',
  'WEBKMS_PASSPHRASE_FILE',
]);

/** What the environment tells the clients' command line. */
export interface ClientEnvironment {
  /** Absolute: where the profiles are. */
  readonly home: string;
  /** The profile that is used where the command line names none. */
  readonly profile: string;
  /** Absolute: the file of the passphrase of the controller key. */
  readonly passphraseFile?: string;
}

/** `WEBKMS_HOME`, `WEBKMS_PROFILE` and `WEBKMS_PASSPHRASE_FILE`; what is empty counts as not given. */
export function readClientEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ClientEnvironment {
  const read = (name: string): string | undefined => {
    const value = environment[name];
    return value === '' ? undefined : value;
  };
  const passphraseFile = read('WEBKMS_PASSPHRASE_FILE');
  return {
    home: parsePath(read('WEBKMS_HOME') ?? join(homedir(), '.webkms')),
    profile: read('WEBKMS_PROFILE') ?? 'default',
    ...(passphraseFile !== undefined && {passphraseFile: parsePath(passphraseFile)}),
  };
}
