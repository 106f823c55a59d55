import {statSync, type BigIntStats} from 'node:fs';
import {UnavailableError} from '../../errors.ts';

/**
 * The file that a database was opened as. SQLite goes on writing to a file that was deleted, moved away or replaced under
 * it: what is then answered with success is gone when the process ends.
 */
export class OpenedFile {
  readonly #path: string;
  readonly #opened: BigIntStats;

  /** @param path of a file that is open */
  constructor(path: string) {
    this.#path = path;
    this.#opened = statSync(path, {bigint: true});
  }

  /** @throws UnavailableError where there is no file at the path now, or another */
  assertInPlace(): void {
    const found = statSync(this.#path, {bigint: true, throwIfNoEntry: false});
    if (found?.ino === this.#opened.ino && found.dev === this.#opened.dev) return;
    throw new UnavailableError('The store cannot be used now.', {
      cause: new Error('The database file was deleted, moved or replaced while it was open.'),
    });
  }
}
