import {SECRET_VARIABLES} from './environment-secrets.ts';
import {parsePath} from './parsers.ts';

/** Where the stores are. */
export interface StorageLocation {
  readonly kind: 'sqlite';
  /** Absolute path of the database file. */
  readonly path: string;
}

/** `sqlite:<path>` */
export function parseStorage(text: string): StorageLocation {
  if (/^(postgres|postgresql|mongodb|mongodb\+srv):/.test(text)) {
    throw new Error('names a kind of store that this version does not have yet; use sqlite:<path>');
  }
  if (!/^sqlite:(?!\/\/|:).+/.test(text)) throw new Error('must be sqlite:<path>');
  return {kind: 'sqlite', path: parsePath(text.slice('sqlite:'.length))};
}

/** As sealing/wrappers/shamir-wrapper.ts has it. */
const MAX_SHARES = 16;
const WRAPPERS =
  'file:<path>, env:<NAME>, passphrase:file=<path>, passphrase:fd=<number> (0, or 3 and up), passphrase:prompt or shamir:<k>-of-<n>';

/** The URI of a root wrapper, with an absolute path where it has one. */
export function parseWrapper(text: string): string {
  const [, prefix, path] = /^(file:|passphrase:file=)(?!\/\/)(.+)$/s.exec(text) ?? [];
  if (prefix !== undefined && path !== undefined) return `${prefix}${parsePath(path)}`;
  if (/^passphrase:(prompt|fd=(0|[3-9]|[1-9][0-9]{1,3}))$/.test(text)) return text;
  const [, threshold = 0, shares = 0] =
    /^shamir:([1-9][0-9]?)-of-([1-9][0-9]?)$/.exec(text)?.map(Number) ?? [];
  if (threshold >= 2 && threshold <= shares && shares <= MAX_SHARES) return text;
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]{0,127})$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`must be ${WRAPPERS}`);
  if (name.startsWith('WEBKMS_') && !SECRET_VARIABLES.has(name)) {
    throw new Error('must be env:WEBKMS_ROOT_KEY, or a name that does not begin with WEBKMS_');
  }
  return text;
}
