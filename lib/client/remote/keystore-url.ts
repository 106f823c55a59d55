import {MalformedRequestError} from '../../errors.ts';

/**
 * Reads the URL of a keystore: https, written as URLs are compared, without query, fragment or credentials.
 * @throws MalformedRequestError
 */
export function parseKeystoreId(text: string): string {
  const url = parseHttpsUrl(text, 'The URL of a keystore');
  if (url.href === text && url.search === '' && !text.includes('#') && !text.endsWith('/')) return text;
  throw new MalformedRequestError(
    'The URL of a keystore must be as the server gave it, e.g. https://kms.example/kms/keystores/z1….',
  );
}

/** @returns the origin, without a final slash. @throws MalformedRequestError */
export function parseServerUrl(text: string): string {
  const url = parseHttpsUrl(text, 'The URL of a server');
  if (url.pathname === '/' && url.search === '' && url.hash === '') return url.origin;
  throw new MalformedRequestError('The URL of a server is an origin: https://host or https://host:port.');
}

function parseHttpsUrl(text: string, what: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw new MalformedRequestError(`${what} must begin with https://, and hold no user name.`);
  }
  return url;
}
