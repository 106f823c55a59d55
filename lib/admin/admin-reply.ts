import {once} from 'node:events';
import type {ServerResponse} from 'node:http';
import {AdminError, type AdminCall, type AdminProgress} from './admin-operation.ts';

/** No more often is progress sent. */
const PROGRESS_INTERVAL_MS = 100;

const CLIENT_GONE = 'The client went away.';

/**
 * A reply of JSON lines: `{progress}` and `{line}` any number of times, then one `{result}` or `{error: {code, message}}`.
 * `signal` is aborted when the client has gone, or by `abort`.
 */
export class AdminReply implements AdminCall {
  readonly #response: ServerResponse;
  readonly #abort = new AbortController();
  #lastProgressAt = -Infinity;
  #ended = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('error', () => this.abort(CLIENT_GONE));
    response.on('close', () => this.abort(CLIENT_GONE));
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Stops what is being done for the client, unless it was answered. */
  abort(reason: string): void {
    if (!this.#ended) this.#abort.abort(new AdminError('failed', reason));
  }

  /** Leaves out what comes too fast, for the client or for a person; but never a step's end. */
  readonly report = ({step, done, total}: AdminProgress): void => {
    const now = performance.now();
    const due = done === total || now - this.#lastProgressAt >= PROGRESS_INTERVAL_MS;
    if (!due || this.#ended || this.signal.aborted || this.#response.writableNeedDrain) return;
    this.#lastProgressAt = now;
    this.#send({progress: {step, done, ...(total !== undefined && {total})}});
  };

  readonly write = async (line: string): Promise<void> => {
    this.signal.throwIfAborted();
    if (this.#ended || this.#send({line})) return;
    await once(this.#response, 'drain', {signal: this.signal});
  };

  /** Answers; what comes after this is not sent. */
  result(result: unknown): void {
    this.#end(200, {result: result ?? null});
  }

  error(status: number, {reason, message}: Pick<AdminError, 'reason' | 'message'>): void {
    this.#end(status, {error: {code: reason, message}});
  }

  #end(status: number, line: object): void {
    if (this.#ended) return;
    const text = JSON.stringify(line);
    this.#head(status);
    this.#ended = true;
    this.#response.end(`${text}\n`);
  }

  /** @returns false where the client has to be waited for */
  #send(line: object): boolean {
    this.#head(200);
    return this.#response.write(`${JSON.stringify(line)}\n`);
  }

  #head(status: number): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(status, {
      'Content-Type': 'application/x-ndjson',
      'Cache-Control': 'no-store',
      Connection: 'close',
    });
  }
}
