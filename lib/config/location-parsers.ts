import {formatPkcs11Uri, parsePkcs11Uri} from '../encoding/pkcs11-uri.ts';
import {ROOT_KEY_VARIABLE} from './environment-secrets.ts';
import {parsePath} from './parsers.ts';
import {SecretText} from './secret-text.ts';

/** Where the stores are. */
export type StorageLocation =
  | {
      readonly kind: 'sqlite';
      /** Absolute path of the database file. */
      readonly path: string;
    }
  | {
      readonly kind: 'postgres' | 'mongodb';
      /** As it was given. */
      readonly url: SecretText;
      /** Scheme, hosts and database: for people. */
      readonly shown: string;
      readonly holdsPassword: boolean;
    };

const STORES = 'sqlite:<path>, postgres://<user>@<hosts>/<database> or mongodb://<user>@<hosts>/<database>';

/** `sqlite:<path>`, or the URL of a PostgreSQL or MongoDB database as their clients take it. */
export function parseStorage(text: string): StorageLocation {
  const [, scheme] = /^(postgres|postgresql|mongodb|mongodb\+srv):\/\//.exec(text) ?? [];
  if (scheme !== undefined) return parseStorageUrl(text, scheme);
  if (!/^sqlite:(?!\/\/|:).+/.test(text)) throw new Error(`must be ${STORES}`);
  return {kind: 'sqlite', path: parsePath(text.slice('sqlite:'.length))};
}

function parseStorageUrl(url: string, scheme: string): StorageLocation {
  const [, authority = '', path = ''] =
    /^([^/?#]*)(?:\/([^?#]*))?/.exec(url.slice(`${scheme}://`.length)) ?? [];
  const at = authority.lastIndexOf('@');
  const [userinfo, hosts] = [authority.slice(0, Math.max(0, at)), authority.slice(at + 1)];
  // What follows an unencoded delimiter in a password would be taken for the database's name, and shown.
  if (!/^[\x21-\x7e]+$/.test(url) || path.includes('@') || path.includes('/') || userinfo.includes('@')) {
    throw new Error('must be a URL whose user, password and database are percent-encoded');
  }
  if (hosts === '') throw new Error('must be a URL that names a host');
  if (path === '') throw new Error('must be a URL that names a database: <host>/<database>');
  if (/[?&]password=/i.test(url)) throw new Error('must be a URL without a password among its options');
  const kind = scheme.startsWith('postgres') ? 'postgres' : 'mongodb';
  return {
    kind,
    url: new SecretText(url),
    shown: `${scheme}://${hosts}/${path}`,
    holdsPassword: /:./.test(userinfo),
  };
}

/** For people: never a secret. */
export function describeStorage(storage: StorageLocation): string {
  return storage.kind === 'sqlite' ? `sqlite:${storage.path}` : storage.shown;
}

/** As sealing/wrappers/shamir-wrapper.ts has it. */
const MAX_SHARES = 16;
const WRAPPERS =
  'file:<path>, env:<NAME>, passphrase:file=<path>, passphrase:fd=<number> (0, or 3 and up), passphrase:prompt, shamir:<k>-of-<n> or pkcs11:<key of a token>';

/** The URI of a root wrapper, with an absolute path where it has one. */
export function parseWrapper(text: string): string {
  if (text.startsWith('pkcs11:')) return formatPkcs11Uri(parsePkcs11Uri(text));
  const [, prefix, path] = /^(file:|passphrase:file=)(?!\/\/)(.+)$/s.exec(text) ?? [];
  if (prefix !== undefined && path !== undefined) return `${prefix}${parsePath(path)}`;
  if (/^passphrase:(prompt|fd=(0|[3-9]|[1-9][0-9]{1,3}))$/.test(text)) return text;
  const [, threshold = 0, shares = 0] =
    /^shamir:([1-9][0-9]?)-of-([1-9][0-9]?)$/.exec(text)?.map(Number) ?? [];
  if (threshold >= 2 && threshold <= shares && shares <= MAX_SHARES) return text;
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]{0,127})$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`must be ${WRAPPERS}`);
  if (name.startsWith('WEBKMS_') && name !== ROOT_KEY_VARIABLE) {
    throw new Error('must be env:WEBKMS_ROOT_KEY, or a name that does not begin with WEBKMS_');
  }
  return text;
}
