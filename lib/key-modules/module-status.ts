import type {KeyModule} from './key-module.ts';
import {offeredKeyTypes} from './key-type-support.ts';

/** A key module, for operators. */
export interface KeyModuleStatus {
  /** What keystores call it. */
  readonly names: readonly string[];
  readonly keyTypes: readonly string[];
  /** Why it cannot be used now; absent where it can. */
  readonly problem?: string;
}

/** Asks each module whether it can be used now. @param modules by the names that keystores use */
export async function keyModuleStatus(
  modules: ReadonlyMap<string, KeyModule>,
): Promise<readonly KeyModuleStatus[]> {
  const names = Map.groupBy(modules.keys(), (name) => modules.get(name));
  const asking = [...new Set(modules.values())].map(async (module) => {
    const problem = await problemOf(module);
    return {
      names: names.get(module) ?? [],
      keyTypes: offeredKeyTypes(module),
      ...(problem !== undefined && {problem}),
    };
  });
  return Promise.all(asking);
}

async function problemOf(module: KeyModule): Promise<string | undefined> {
  try {
    await module.check();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return 'an unknown failure';
    return error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message;
  }
}
