import type {DataKeyVersionReferencer} from '../storage/key-hierarchy-store.ts';
import type {IdentifiedRootWrapper} from './root-wrapper.ts';
import type {Wrapper} from './wrapper.ts';

/** Names the hierarchy's own middle level; no application may seal under it. */
export const ROOT_KEY_PURPOSE = 'rootKey';

/** A key's versions as an operator sees them; nothing of it is secret. */
export interface KeyInfo {
  /** `krk_…` or `kdk_…`. */
  readonly id: string;
  /** `rootKey`, or the purpose of a data key. */
  readonly purpose: string;
  /** In order of version. The last is in use for sealing. */
  readonly versions: readonly KeyVersionInfo[];
}

export interface KeyVersionInfo {
  /** `krkv_…` or `kdkv_…`. */
  readonly id: string;
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Of a data key version: the root key version that seals it. */
  readonly rootKeyVersionId?: string;
}

/**
 * Administration of the key hierarchy; safe where several nodes do it at once. All throw `InvalidParameterError` for a
 * scope or purpose that cannot be, or was not declared, `UnavailableError` where the store cannot be reached, and (but for
 * lists and `validateSchema`) `SealedError` where no root is open; and where a scope has no keys, `KeyNotFoundError`. The
 * hierarchy's own scope is listed, rotated, rewrapped and revoked like any other.
 */
export interface KeyAdministration {
  /** Makes a scope's keys: a root key and a data key per purpose. What is there stays as it is. @returns the scope's keys */
  createKeys(scope: string, purposes: readonly string[]): Promise<readonly KeyInfo[]>;
  /** The root key first, then the data keys by purpose. */
  listKeys(scope: string): Promise<readonly KeyInfo[]>;
  /** A new root key version, and under it a new version of every data key, in one write. With `rewrap`, then `rewrapKeys`. */
  rotateKeys(scope: string, options?: {readonly rewrap?: boolean}): Promise<readonly KeyInfo[]>;
  /** Seals every data key version under the newest root key version, and every root key version under every root. @returns how many data key versions it sealed anew */
  rewrapKeys(scope: string): Promise<number>;
  /**
   * Destroys a version of a root key or a data key. Data keys of a revoked root key version are not touched: it is
   * refused until they are rewrapped.
   * @throws InvalidVersionError where `id` is not a version's; KeyNotFoundError; KeyInUseError where it is its key's newest, or anything is
   *   sealed under it
   */
  revokeKeyVersion(id: string): Promise<void>;
  /** Makes what is missing, in batches. @returns in how many scopes something was */
  reconcileKeys(
    scopes: Iterable<string> | AsyncIterable<string>,
    purposes: readonly string[],
  ): Promise<number>;
  listDataKeyVersionReferencers(): Promise<readonly DataKeyVersionReferencer[]>;
  /** @throws InvalidSchemaError */
  validateSchema(): Promise<void>;
  /**
   * Gives the hierarchy a wrapper from outside. For the purpose `rootKey`: one more root, under which all root keys are
   * sealed when it resolves. For any other: kept for the application, see `externalWrapper`. `close` closes it.
   * @throws InvalidParameterError where the purpose has one (`rootKey` may have several)
   */
  addExternalWrapper(purpose: string, wrapper: IdentifiedRootWrapper['wrapper'] | Wrapper): Promise<void>;
  /** @throws KeyNotFoundError where none was added; for `rootKey`, the first that is open. */
  externalWrapper(purpose: string): Wrapper;
}
