import type {WireResponse} from '../../support/raw-client.ts';

/** A line of the server's log, as far as tests look at it. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly requestId?: string;
  readonly reason?: string;
  readonly code?: string;
  readonly invoker?: string;
  /** What an error that is never sent says of itself, and its causes. */
  readonly cause?: unknown;
}

/** Where a server's log goes: kept, to be asked about requests. */
export class LogCapture {
  #lines: string[] = [];

  write(line: string): void {
    this.#lines.push(line);
  }

  /** The line about the request that was answered so. */
  lineOf({headers}: WireResponse): LogLine {
    const id = headers['x-request-id'] ?? '';
    const line = this.#lines.findLast((text) => id !== '' && text.includes(id) && text.includes('"status"'));
    if (line === undefined) throw new Error('The log has no line about that request.');
    return JSON.parse(line) as LogLine;
  }

  /** Everything that was written since `clear`. */
  get text(): string {
    return this.#lines.join('');
  }

  clear(): void {
    this.#lines = [];
  }
}
