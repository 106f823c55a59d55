import {StoreOpenError} from '../store-open-error.ts';
import type {MongodbOptions} from './mongodb-options.ts';

/** scheme, userinfo, hosts, database, the rest. Passwords are percent-encoded: the first `@` ends them. */
const FORM = /^(mongodb(?:\+srv)?:\/\/)(?:([^@/?#]*)@)?([^@/?#]+)\/([^/?#]+)((?:\?[^#]*)?)$/u;
/** What no server takes in a database's name; and those that are the server's own. */
const NO_DATABASE = /^(?:admin|local|config)$|[/\\. "$*<>:|?\0]/u;

/** What is wrong is said without the URL: it may hold a password. */
const refuse = (what: string): StoreOpenError =>
  new StoreOpenError(
    'ERR_STORE_UNREACHABLE',
    `WEBKMS_STORAGE ${what}. Write it as mongodb://user@host1,host2/database?options (special characters in a name or ` +
      'password percent-encoded).',
  );

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse('has a percent sign that encodes nothing');
  }
}

/** The URL with the password that is kept elsewhere, and the database that it names. @throws StoreOpenError */
export function parseMongodbUrl({url, password}: MongodbOptions): {
  readonly url: string;
  readonly hosts: string;
  readonly database: string;
} {
  const parts = FORM.exec(url);
  if (!parts) throw refuse('is no MongoDB URL with a database');
  const [, scheme = '', userInfo, hosts = '', database = '', options = ''] = parts;
  const name = decode(database);
  if (NO_DATABASE.test(name) || Buffer.byteLength(name) > 63) {
    throw refuse('names a database of the server itself, or none that a server takes');
  }
  if (password === undefined) return {url, hosts, database: name};
  const [user = ''] = (userInfo ?? '').split(':');
  if (user === '') throw refuse('names no user, and there is a password');
  const credentials = `${user}:${encodeURIComponent(password)}`;
  return {url: `${scheme}${credentials}@${hosts}/${database}${options}`, database: name, hosts};
}
