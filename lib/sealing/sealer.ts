import type {Wrapper} from './wrapper.ts';

/** What sealing gives to the rest of the server: a wrapper for a scope's purpose. */
export interface ScopeWrappers {
  /**
   * The wrapper for (scope, purpose): seals with the newest data key version, opens with the one that the blob names.
   * With `create`, makes what keys are missing on first use (safe when several nodes race); without, a scope that has
   * none throws `SealedBlobError`, as nothing sealed can belong to it. Its `keyId` is the data key version's id.
   * @throws UnavailableError where the store or the root of trust cannot be used; SealedError, one of these, where no
   *   root is open.
   */
  wrapperFor(
    scope: string,
    purpose: string,
    options?: {readonly create?: boolean},
  ): Promise<Pick<Wrapper, 'keyId' | 'seal' | 'open'>>;
}

/** The same, who tell what they have open. */
export interface OpenScopeWrappers extends ScopeWrappers {
  /** Whether `wrapperFor` would give a wrapper at once: a root is open, and so is the newest of the purpose's keys. */
  isOpen(scope: string, purpose: string): boolean;
}
