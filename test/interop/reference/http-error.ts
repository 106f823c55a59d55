/** An error with the status that the reference's libraries look for. */
export class HttpError extends Error {
  override readonly name: string;
  readonly httpStatusCode: number;

  constructor(httpStatusCode: number, name: string, message: string, cause?: unknown) {
    super(message, {cause});
    this.name = name;
    this.httpStatusCode = httpStatusCode;
  }
}
