/** An error of a class that has several kinds: `reason` says which, in a word that programs can decide by. */
export abstract class ReasonedError<Reason extends string> extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
