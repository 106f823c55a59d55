import type {RootWrapperScheme} from '../root-wrapper.ts';
import {EnvWrapper} from './env-wrapper.ts';
import {FileWrapper} from './file-wrapper.ts';
import {PassphraseWrapper} from './passphrase-wrapper.ts';
import type {Pkcs11Defaults} from './pkcs11-place.ts';
import {pkcs11RootWrappers} from './pkcs11-wrapper.ts';
import {ShamirWrapper} from './shamir-wrapper.ts';

/** The kinds of roots of trust that need no settings, by the scheme of their URIs. */
export const ROOT_WRAPPER_SCHEMES: ReadonlyMap<string, RootWrapperScheme> = new Map<
  string,
  RootWrapperScheme
>([
  ['file', FileWrapper],
  ['env', EnvWrapper],
  ['passphrase', PassphraseWrapper],
  ['shamir', ShamirWrapper],
]);

/** Every kind of root of trust that there is. @param pkcs11 what URIs of roots in tokens need not say */
export function rootWrapperSchemes(pkcs11: Pkcs11Defaults): ReadonlyMap<string, RootWrapperScheme> {
  return new Map([...ROOT_WRAPPER_SCHEMES, ['pkcs11', pkcs11RootWrappers(pkcs11)]]);
}
