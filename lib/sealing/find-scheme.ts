import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootWrapperScheme} from './root-wrapper.ts';

/** @throws RootOfTrustError, `bad-setting` */
export function findScheme(schemes: ReadonlyMap<string, RootWrapperScheme>, uri: string): RootWrapperScheme {
  const name = /^([a-z][a-z0-9+.-]*):/.exec(uri)?.[1] ?? '';
  const scheme = schemes.get(name);
  if (scheme) return scheme;
  const known = [...schemes.keys()].map((known) => `${known}:`).join(', ');
  // The URI itself is not shown: of a mistyped one nobody knows whether it holds a secret.
  throw new RootOfTrustError('bad-setting', `The root of trust is of an unknown kind. There is: ${known}`);
}
