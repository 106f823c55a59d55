/** Who does what only one node is to do at a time. Leases save work: nothing is wrong where two believe that they have one. */
export interface LeaseStore {
  /**
   * Takes the lease `name`, or keeps it, until `expiresAt`, if nobody else has it at `now` (milliseconds since the epoch).
   * Atomic. @returns whether `holder` has it now. @throws UnavailableError
   */
  acquire(
    name: string,
    lease: {readonly holder: string; readonly now: number; readonly expiresAt: number},
  ): Promise<boolean>;

  /** Lets others have it at once. Nothing happens where `holder` has it not. @throws UnavailableError */
  release(name: string, holder: string): Promise<void>;
}
