import {MemoryKeyModule} from '../../examples/memory-key-module.ts';
import {UnavailableError} from '../../lib/errors.ts';
import type {CreateKeyModule} from '../../lib/key-module-api.ts';
import type {KeyVersion, KeyVersionId} from '../../lib/key-modules/key-module.ts';

/** The example, whose keys outlive the server, as those of an HSM do; and which can be taken away. */
export class KeptKeyModule extends MemoryKeyModule {
  /** Whether it cannot be reached. */
  isAway = false;
  /** Whether it erases nothing. */
  isStuck = false;
  /** What was made, in order. */
  readonly made: KeyVersionId[] = [];

  override async generateKey(id: KeyVersionId) {
    this.#assertThere();
    this.made.push(id);
    return super.generateKey(id);
  }

  override async sign(...[key, ...rest]: Parameters<MemoryKeyModule['sign']>) {
    this.#assertThere();
    return super.sign(key, ...rest);
  }

  override async destroyKey(key: KeyVersion): Promise<void> {
    this.#assertThere();
    if (this.isStuck) throw new Error('It does not erase.');
    return super.destroyKey(key);
  }

  override async check(): Promise<void> {
    this.#assertThere();
  }

  override async close(): Promise<void> {
    // Another server goes on with it.
  }

  /** As an HSM that was initialised anew. */
  losesAll(): Promise<void> {
    return super.close();
  }

  #assertThere(): void {
    if (this.isAway) throw new UnavailableError('It is away.');
  }
}

/** By the names that they are offered by; of this process. */
export const keptKeyModules = new Map<string, KeptKeyModule>();

export const createKeyModule: CreateKeyModule = ({name}) => {
  const module = keptKeyModules.get(name) ?? new KeptKeyModule(name);
  keptKeyModules.set(name, module);
  return module;
};
