/** What is known of an answer once all of it has come. */
export interface ResponseFrame {
  readonly status: number;
  /** Of the head and the body. */
  readonly length: number;
  /** Whether the server closes the connection after it. */
  readonly isLast: boolean;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const NO_BODY: ReadonlySet<number> = new Set([204, 304]);

/**
 * Finds where an answer ends, and no more: a load must not cost what it measures. Understands `Content-Length` only.
 * @returns undefined where more bytes are needed
 * @throws TypeError at an answer whose length is not said
 */
export function readFrame(received: Buffer): ResponseFrame | undefined {
  const headLength = received.indexOf(HEAD_END);
  if (headLength === -1) return undefined;
  const head = received.toString('latin1', 0, headLength);
  const status = Number(head.slice(9, 12));
  const bodyLength = NO_BODY.has(status) ? 0 : contentLength(head);
  const length = headLength + HEAD_END.length + bodyLength;
  if (received.length < length) return undefined;
  return {status, length, isLast: /\r\nconnection: *close/i.test(head)};
}

function contentLength(head: string): number {
  const [, digits] = /\r\ncontent-length: *([0-9]+)/i.exec(head) ?? [];
  if (digits === undefined) throw new TypeError('The length of an answer is not said.');
  return Number(digits);
}
