import type {RootWrapperScheme} from '../root-wrapper.ts';
import {EnvWrapper} from './env-wrapper.ts';
import {FileWrapper} from './file-wrapper.ts';
import {PassphraseWrapper} from './passphrase-wrapper.ts';
import {ShamirWrapper} from './shamir-wrapper.ts';

/** Every kind of root of trust that there is, by the scheme of its URI. */
export const ROOT_WRAPPER_SCHEMES: ReadonlyMap<string, RootWrapperScheme> = new Map<
  string,
  RootWrapperScheme
>([
  ['file', FileWrapper],
  ['env', EnvWrapper],
  ['passphrase', PassphraseWrapper],
  ['shamir', ShamirWrapper],
]);
