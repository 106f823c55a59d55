import type {Page} from './keystore-config-store.ts';

/** Identity of what was revoked. Never the capability's id alone (R42). */
export interface RevocationKey {
  readonly keystoreId: string;
  /** The DID that signed the capability's delegation proof. */
  readonly delegator: string;
  readonly capabilityId: string;
}

export interface Revocation extends RevocationKey {
  /** The capability's own expiry, milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The DID that revoked it. */
  readonly revoker: string;
  /** Milliseconds since the epoch. */
  readonly revokedAt: number;
}

/** Whose share of a keystore's revocations one takes (R47). What was inserted without a charge counts for nobody. */
export interface RevocationCharge {
  /** A DID. */
  readonly to: string;
  /** How many it may have. */
  readonly max: number;
}

/** Persistence of revocations. All methods throw `UnavailableError` where the store cannot be reached. */
export interface RevocationStore {
  /**
   * Stores a revocation, durably: from the moment this resolves `isAnyRevoked` is true of it on every node. It takes the
   * place of one of the same identity that expires earlier.
   * @throws DuplicateError where one is there that expires no earlier.
   * @throws QuotaExceededError where a `charge` is given and its party was charged with `max` in this keystore already
   *   (checked in the same write).
   */
  insert(revocation: Revocation, options: {readonly charge?: RevocationCharge | undefined}): Promise<void>;

  /** Whether any of `keys` (at most 18, all of one keystore) is revoked. */
  isAnyRevoked(keystoreId: string, keys: readonly Omit<RevocationKey, 'keystoreId'>[]): Promise<boolean>;

  /** The keystore's revocations in order of insertion, in pages. @throws MalformedRequestError where `cursor` is not one that `list` gave. */
  list(options: {
    readonly keystoreId: string;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<Revocation>>;

  /** Forgets at most `limit` revocations that expired before `before` (milliseconds since the epoch). @returns how many. */
  deleteExpired(options: {readonly before: number; readonly limit: number}): Promise<number>;
}
