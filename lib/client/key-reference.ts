import {MalformedRequestError} from '../errors.ts';

/** What a `kid` says: which key and, where it says so, which version of it. */
export type KeyReference =
  | {readonly keyId: string; readonly name?: undefined; readonly version?: number}
  | {readonly name: string; readonly keyId?: undefined; readonly version?: undefined};

const NAME_PREFIX = 'name:';
const LOCAL_KEY_ID = /^[A-Za-z0-9_-]{1,128}$/;
const VERSION_QUERY = /^version=([1-9][0-9]{0,8})$/;

/**
 * Reads a `kid`: `name:NAME`, or the URL of a key of this keystore, which may end in `?version=n`. A URL of anywhere else is
 * refused: nothing is signed for it.
 * @throws MalformedRequestError
 */
export function parseKeyReference(kid: string, keystoreId: string): KeyReference {
  if (kid.startsWith(NAME_PREFIX)) {
    const name = kid.slice(NAME_PREFIX.length);
    if (name === '') throw new MalformedRequestError('"name:" must be followed by the name of a key.');
    return {name};
  }
  const [keyId = '', query, ...rest] = kid.split('?');
  const prefix = `${keystoreId}/keys/`;
  const version = query === undefined ? undefined : VERSION_QUERY.exec(query)?.[1];
  if (
    !keyId.startsWith(prefix) ||
    !LOCAL_KEY_ID.test(keyId.slice(prefix.length)) ||
    rest.length > 0 ||
    (query !== undefined && version === undefined)
  ) {
    throw new MalformedRequestError(
      'A key is named by "name:NAME", or by its URL, which begins with that of this keystore.',
    );
  }
  return version === undefined ? {keyId} : {keyId, version: Number(version)};
}

/** The `kid` of a version that need not be the current one. */
export function versionedKid(keyId: string, version: number): string {
  return `${keyId}?version=${version}`;
}
