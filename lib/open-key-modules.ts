import type {Logger} from 'pino';
import type {Settings} from './config/settings.ts';
import {createKeyModuleSealer} from './key-modules/key-module-sealer.ts';
import type {KeyModule} from './key-modules/key-module.ts';
import {loadKeyModule} from './key-modules/load-key-module.ts';
import {SoftwareKeyModule} from './key-modules/software/software-key-module.ts';
import type {ScopeWrappers} from './sealing/sealer.ts';

export interface OpenKeyModulesOptions {
  readonly settings: Settings;
  /** Seal key material; the scope is the keystore. */
  readonly wrappers: ScopeWrappers;
  readonly log: Logger;
  /** Gets what is opened; also where this function fails. */
  readonly closing: AsyncDisposableStack;
  /** Told of each use of a secret key of the software module whether it was open already. */
  readonly onCache?: (hit: boolean) => void;
}

type OpenBuiltIn = (options: OpenKeyModulesOptions) => Promise<KeyModule>;

/** The server's own, by the names that settings and keystores use. */
const BUILT_IN: ReadonlyMap<string, OpenBuiltIn> = new Map<string, OpenBuiltIn>([
  ['software', async ({wrappers, onCache}) => new SoftwareKeyModule({wrappers, ...(onCache && {onCache})})],
]);

/** What existing clients call some of them, too. */
const ALIASES: ReadonlyMap<string, readonly string[]> = new Map([['software', ['ssm-v1']]]);

/**
 * Opens the key modules that are offered, in the order of the setting.
 * @returns modules by the names that keystores use, the default of new keystores first
 * @throws KeyModuleError, and what opening one of the server's own throws
 */
export async function openKeyModules(
  options: OpenKeyModulesOptions,
): Promise<ReadonlyMap<string, KeyModule>> {
  const {settings, wrappers, log, closing} = options;
  const modules = new Map<string, KeyModule>();
  for (const {name, specifier} of settings.keyModules) {
    const open = BUILT_IN.get(name);
    const module =
      specifier === undefined && open
        ? await open(options)
        : await loadKeyModule(specifier ?? name, {
            name,
            sealer: createKeyModuleSealer(name, wrappers),
            log: log.child({keyModule: name}),
          });
    closing.defer(() => module.close());
    for (const offered of [name, ...(ALIASES.get(name) ?? [])]) modules.set(offered, module);
  }
  return modules;
}
