/** The memory of signed changes that were accepted (R11), shared by all nodes. */
export interface ReplayStore {
  /**
   * Remembers `digest` (32 bytes) until `expiresAt` (milliseconds since the epoch), atomically and durably.
   * @returns true where it was not known, false where it was.
   * @throws UnavailableError
   */
  remember(digest: Uint8Array, options: {readonly expiresAt: number}): Promise<boolean>;

  /** Forgets at most `limit` digests that expired before `before`. @returns how many. */
  deleteExpired(options: {readonly before: number; readonly limit: number}): Promise<number>;
}
