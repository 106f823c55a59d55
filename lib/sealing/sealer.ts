import type {Wrapper} from './wrapper.ts';

/** What sealing gives to the rest of the server: a wrapper for a scope's purpose. */
export interface ScopeWrappers {
  /**
   * The wrapper for (scope, purpose): seals with the newest data key version, opens with the one that the blob names.
   * With `create`, makes the scope's keys on first use (safe when several nodes race); without, a scope that has none
   * throws `SealedBlobError`, as nothing sealed can belong to it.
   * @throws UnavailableError where the store or the root of trust cannot be used.
   */
  wrapperFor(
    scope: string,
    purpose: string,
    options?: {readonly create?: boolean},
  ): Promise<Pick<Wrapper, 'keyId' | 'seal' | 'open'>>;
}
