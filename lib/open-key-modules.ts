import type {Logger} from 'pino';
import type {Settings} from './config/settings.ts';
import {KeyModuleError} from './key-modules/key-module-error.ts';
import {createKeyModuleSealer} from './key-modules/key-module-sealer.ts';
import type {KeyModule} from './key-modules/key-module.ts';
import {loadKeyModule} from './key-modules/load-key-module.ts';
import {Pkcs11KeyModule} from './key-modules/pkcs11/pkcs11-key-module.ts';
import {SoftwareKeyModule} from './key-modules/software/software-key-module.ts';
import {Pkcs11Token} from './pkcs11/pkcs11-token.ts';
import {TokenError} from './pkcs11/token-error.ts';
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
  ['pkcs11', openPkcs11],
]);

/** @throws KeyModuleError that says why the token cannot be used */
async function openPkcs11({
  settings: {pkcs11, dataDir: stateDir},
  log,
}: OpenKeyModulesOptions): Promise<KeyModule> {
  const {library, tokenLabel, pinFile, sessions, timeoutMs: timeLimitMs} = pkcs11;
  if (library === undefined || tokenLabel === undefined || pinFile === undefined)
    throw new Error('Unreachable: settings say where the token is.');
  try {
    const token = {label: tokenLabel};
    return new Pkcs11KeyModule({
      token: await Pkcs11Token.open({library, token, pinFile, stateDir, sessions, timeLimitMs, log}),
    });
  } catch (cause) {
    if (!(cause instanceof TokenError)) throw cause;
    throw new KeyModuleError(`The key module pkcs11 cannot be used: ${cause.message}`, {cause});
  }
}

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
