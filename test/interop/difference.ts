/** A place where our server and the reference differ on purpose. */
export interface Difference {
  /** What is in the request. */
  readonly what: string;
  readonly why: string;
}
