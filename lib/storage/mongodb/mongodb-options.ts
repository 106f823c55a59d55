import type {NetworkStoreOptions} from '../network-store-options.ts';

export interface MongodbOptions extends NetworkStoreOptions {
  /** Told of each command before it is sent. */
  readonly onCommand?: ((command: Readonly<Record<string, unknown>>) => void) | undefined;
  /** Waited for before each write of an operation that takes several; `name` says which. What it throws ends the operation there. */
  readonly onStep?: ((name: string) => void | Promise<void>) | undefined;
}
