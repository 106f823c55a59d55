/** What was authorised, for a key service that judges by itself, in another process. */
export interface AuthorizedFacts {
  /** Of the capability that was invoked. */
  readonly action: string;
  /** Capabilities in the invoked chain: 1 is a controller's own, 0 stands for what needs no authority. */
  readonly chainLength: number;
}
