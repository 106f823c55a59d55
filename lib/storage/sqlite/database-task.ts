import {extname} from 'node:path';
import {Worker} from 'node:worker_threads';
import Database from 'better-sqlite3';
import {UnavailableError} from '../../errors.ts';

/** Long work on a whole database, for a thread with a connection of its own. */
export type DatabaseTask =
  /** Gives what is wrong, a sentence each. */
  | {readonly kind: 'verify'; readonly database: string}
  /** Into an empty file. */
  | {readonly kind: 'copy'; readonly database: string; readonly path: string};

export type DatabaseTaskMessage =
  | {readonly done: number; readonly total: number}
  | {readonly result: readonly string[]}
  /** `code`: SQLite's, where the error is. */
  | {readonly message: string; readonly code?: string};

// TypeScript where the sources run, JavaScript where the build does.
const SCRIPT = new URL(`./database-worker${extname(import.meta.url)}`, import.meta.url);

const toError = ({message, code}: {readonly message: string; readonly code?: string}): Error =>
  code === undefined ? new Error(message) : new Database.SqliteError(message, code);

const closed = (): UnavailableError => new UnavailableError('The store is closed.');

/** The tasks of one database that are under way. */
export class DatabaseTasks {
  readonly #threads = new Set<Worker>();
  #stopped = false;

  /** @throws UnavailableError where the thread is ended before the task is, or `stop` was called. @throws SqliteError as SQLite threw it. */
  async run(
    task: DatabaseTask,
    onProgress: (done: number, total: number) => void = () => undefined,
  ): Promise<readonly string[]> {
    if (this.#stopped) throw closed();
    const {promise, resolve, reject} = Promise.withResolvers<readonly string[]>();
    const execArgv = process.execArgv.filter((flag) => !flag.startsWith('--input-type'));
    const thread = new Worker(SCRIPT, {workerData: task, execArgv});
    this.#threads.add(thread);
    thread.on('message', (message: DatabaseTaskMessage) => {
      if ('result' in message) resolve(message.result);
      else if ('message' in message) reject(toError(message));
      else onProgress(message.done, message.total);
    });
    thread.on('error', reject);
    const ended = new Promise<void>((whenEnded) => thread.once('exit', () => whenEnded()));
    void ended.then(() => reject(closed()));
    try {
      return await promise;
    } finally {
      // Its connection is closed then: nothing writes to the copy any more.
      await ended;
      this.#threads.delete(thread);
    }
  }

  /** Ends all, at the end of the step that each is at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(Array.from(this.#threads, (thread) => thread.terminate()));
  }
}
