import {MalformedRequestError, UnavailableError} from '../errors.ts';
import type {KeyModule} from '../key-modules/key-module.ts';

/** Key modules by the names that keystores may use, aliases included. */
export type KeyModules = ReadonlyMap<string, KeyModule>;

/** The names alone, where the modules are in another process. */
export type OfferedKeyModules = Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;

/** What a keystore gets that asks for no module: the first. */
export function defaultKeyModule(modules: OfferedKeyModules): string {
  const [first] = modules.keys();
  if (first === undefined) throw new UnavailableError('This server offers no key module.');
  return first;
}

/** @throws MalformedRequestError where no module of that name is offered to new keystores. */
export function assertKeyModuleOffered(name: string, modules: OfferedKeyModules): void {
  if (modules.has(name)) return;
  throw new MalformedRequestError('The "kmsModule" is not one that this server offers.', {
    details: {offered: [...modules.keys()]},
  });
}

/** @throws UnavailableError where the module that a keystore was made with is not offered any more. */
export function findKeyModule(name: string, modules: KeyModules): KeyModule {
  const module = modules.get(name);
  if (!module) throw new UnavailableError("The keystore's key module is not offered by this server now.");
  return module;
}
