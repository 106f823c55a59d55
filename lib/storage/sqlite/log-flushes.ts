import {close, fdatasync, openSync, realpathSync} from 'node:fs';
import {promisify} from 'node:util';
import {UnavailableError} from '../../errors.ts';
import type {DataVersion} from './data-version.ts';
import {OpenedFile} from './opened-file.ts';

/** So that who has just missed one need not wait for its end. */
const AT_ONCE = 2;

interface Flush {
  /** Which it brings to the disk, with all before. */
  readonly version: number;
  readonly done: Promise<void>;
}

/**
 * Flushes the write-ahead log of a database, and the event loop goes on meanwhile. What was committed before a flush begins, by
 * whatever process, is on the disk when it has ended. SQLite itself flushes the log before a checkpoint, and when it begins it anew.
 */
export class LogFlushes {
  readonly #version: Pick<DataVersion, 'read' | 'newest'>;
  /**
   * One for each flush at a time, as the system tells of an error once for each opened file. SQLite has no locks on the log: closing
   * these drops none.
   */
  readonly #files: readonly number[];
  readonly #opened: OpenedFile;
  readonly #running = new Map<number, Flush>();
  #flushed = -1;
  #failure: UnavailableError | undefined;
  #isClosed = false;

  /** @param database the path of a database that a connection of this process has open: its log stays the same file until that is closed. */
  constructor(database: string, version: Pick<DataVersion, 'read' | 'newest'>) {
    this.#version = version;
    const path = `${realpathSync(database)}-wal`;
    // For writing: not every system flushes what it was not opened for.
    this.#files = Array.from({length: AT_ONCE}, () => openSync(path, 'r+'));
    this.#opened = new OpenedFile(path);
  }

  /** Where no other flush can begin now: ends, well or not, when one can. */
  get busy(): Promise<void> | undefined {
    return this.#running.size < AT_ONCE ? undefined : this.#anyEnds();
  }

  /** Of the database, as `DataVersion.read` has it. */
  version(): number {
    return this.#version.read();
  }

  isFlushed(version: number): boolean {
    return version <= this.#flushed;
  }

  /** Of that version nothing is missing on the disk but what may be. */
  accept(version: number): void {
    this.#flushed = Math.max(this.#flushed, version);
  }

  /** @throws UnavailableError once a flush has failed: what it was for may be lost, and a later one would not tell. */
  assertSound(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Before a write. @throws UnavailableError also where the log was deleted, moved or replaced */
  assertUsable(): void {
    this.assertSound();
    this.#opened.assertInPlace();
  }

  /** Waits until a version that was read is on the disk. @throws UnavailableError where nobody knows whether it is */
  async until(version: number): Promise<void> {
    while (!this.isFlushed(version)) {
      this.assertSound();
      if (this.#isClosed) throw new UnavailableError('The store is closed.');
      const fitting = [...this.#running.values()].find((flush) => flush.version >= version);
      await (fitting?.done ?? this.busy ?? this.#flush());
    }
  }

  /** After the flushes that are under way. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled(Array.from(this.#running.values(), ({done}) => done));
    for (const file of this.#files) await promisify(close)(file);
  }

  #anyEnds(): Promise<void> {
    return Promise.race(Array.from(this.#running.values(), ({done}) => done)).catch(() => undefined);
  }

  #flush(): Promise<void> {
    const file = this.#files.find((each) => !this.#running.has(each));
    if (file === undefined) throw new TypeError('All flushes are under way.');
    // What was read was written.
    const version = this.#version.newest;
    const done = this.#flushFile(file, version);
    this.#running.set(file, {version, done});
    return done;
  }

  async #flushFile(file: number, version: number): Promise<void> {
    try {
      await promisify(fdatasync)(file);
      this.assertSound();
      this.accept(version);
    } catch (error) {
      this.#failure ??= new UnavailableError('The store cannot be used now.', {
        cause: new Error('What was written could not be flushed to the disk. Restart the server.', {
          cause: error,
        }),
      });
      throw this.#failure;
    } finally {
      this.#running.delete(file);
    }
  }
}
