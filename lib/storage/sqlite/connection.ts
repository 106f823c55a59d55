import {resolve} from 'node:path';
import Database from 'better-sqlite3';
import {UnavailableError} from '../../errors.ts';
import {DataVersion} from './data-version.ts';
import {toStoreError} from './driver-error.ts';
import {LogFlushes} from './log-flushes.ts';
import {openDatabase} from './open-database.ts';
import {OpenedFile} from './opened-file.ts';
import {retryWhileBusy} from './retry-while-busy.ts';
import type {StoreError} from '../store-error.ts';
import {Transactions} from './transactions.ts';
import {WriteQueue} from './write-queue.ts';

/** A prepared statement, as far as it is used here. */
export interface PreparedStatement<Parameters extends unknown[], Row> {
  run(...parameters: Parameters): {readonly changes: number; readonly lastInsertRowid: number | bigint};
  get(...parameters: Parameters): Row | undefined;
  all(...parameters: Parameters): Row[];
  /** Reads as far as it is read; nothing else can be done meanwhile. */
  iterate(...parameters: Parameters): Iterable<Row>;
  /** From now on a row is the value of its first column. */
  pluck(): this;
}

export interface WriteOptions {
  /**
   * Without, the write is answered before it is on the disk: a loss of power (not a crash of the process) may undo the write,
   * unless anything was written and flushed after it, by whatever connection: the log is flushed from its beginning.
   */
  readonly flush?: boolean;
  /** Called once it has happened, before anything else can. */
  readonly committed?: () => void;
}

export interface ReadOptions {
  /** Without, what is read may not be on the disk yet: who tells of it waits for `flushed` before. */
  readonly flushed?: boolean;
}

/** One connection, and the ways of working with it. Whatever goes wrong in them comes out as a StoreError. */
export class SqliteConnection {
  readonly #db: Database.Database;
  /** Absent where the database is in memory. */
  readonly #file: OpenedFile | undefined;
  readonly #busyTimeoutMs: number;
  readonly #transactions: Transactions;
  readonly #writes: WriteQueue;
  readonly #version: DataVersion;
  /** Absent where SQLite itself flushes each commit: an application's connection is as it has set it up. */
  readonly #flushes: LogFlushes | undefined;

  private constructor(
    db: Database.Database,
    {busyTimeoutMs, flushesLog}: {readonly busyTimeoutMs: number; readonly flushesLog: boolean},
  ) {
    this.#db = db;
    this.#version = new DataVersion(db);
    this.#file = db.memory ? undefined : new OpenedFile(resolve(db.name));
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#transactions = new Transactions(db);
    if (flushesLog) {
      this.#flushes = new LogFlushes(resolve(db.name), this.#version);
      db.pragma('synchronous = NORMAL');
    }
    this.#writes = new WriteQueue({
      transactions: this.#transactions,
      assertUsable: () => {
        this.#file?.assertInPlace();
        this.#flushes?.assertUsable();
        this.#requireNoTransaction();
      },
      busyTimeoutMs,
      flushes: this.#flushes,
    });
  }

  /** @throws StoreOpenError */
  static async open(path: string, busyTimeoutMs: number): Promise<SqliteConnection> {
    return new SqliteConnection(await openDatabase(path, busyTimeoutMs), {busyTimeoutMs, flushesLog: true});
  }

  /** An application's own connection, which it has set up. */
  static of(db: Database.Database, busyTimeoutMs: number): SqliteConnection {
    return new SqliteConnection(db, {busyTimeoutMs, flushesLog: false});
  }

  prepare<Parameters extends unknown[], Row = never>(sql: string): PreparedStatement<Parameters, Row> {
    return this.#db.prepare<Parameters, Row>(sql).safeIntegers(false);
  }

  /**
   * For one statement, or several that need not see one moment. A write here is a `Statement.run`: `get` does not tell
   * of an error in the commit that follows it.
   */
  run<T>(work: () => T, options?: ReadOptions): Promise<T> {
    return this.#read(work, options);
  }

  /**
   * Another number once any row of the database has changed, by whatever connection of whatever process. In `run`: as of now;
   * in `snapshot`: as of its moment.
   */
  dataVersion(): number {
    return this.#version.read();
  }

  /** Whether the database of that version is on the disk. */
  isFlushed(version: number): boolean {
    return this.#flushes?.isFlushed(version) ?? true;
  }

  /** Waits for that. @throws UnavailableError */
  async flushed(version: number): Promise<void> {
    await this.#flushes?.until(version);
  }

  /** For what SQLite does in no transaction. */
  outside<T>(work: () => T): Promise<T> {
    return this.#guard(() => {
      this.#requireNoTransaction();
      return work();
    });
  }

  /** All reads in `work` see the database as it was at one moment. */
  snapshot<T>(work: () => T, options?: ReadOptions): Promise<T> {
    return this.#read(() => (this.#transactions.isOpen ? work() : this.#transactions.read(work)), options);
  }

  /**
   * `work` has the write lock from the start, and happens wholly and durably or, where it throws, not at all; at the end of this
   * turn of the event loop, with whatever else is written in it. Nothing is written to a file that nobody would find again.
   */
  async write<T>(work: () => T, {flush = true, committed = () => undefined}: WriteOptions = {}): Promise<T> {
    try {
      return await this.#writes.add(work, {flush, committed});
    } catch (error) {
      throw this.#toStoreError(error);
    }
  }

  /**
   * Writes everything to the database file, and empties the write-ahead log. @returns whether that was done: not while
   * another reads or writes. What was committed is safe in either case.
   */
  async truncateLog(): Promise<boolean> {
    return this.#guard(() => {
      this.#file?.assertInPlace();
      this.#requireNoTransaction();
      const [result] = this.#db.pragma('wal_checkpoint(TRUNCATE)') as [{busy: number}];
      return result.busy === 0;
    });
  }

  async close(): Promise<void> {
    this.#db.close();
    await this.#flushes?.close();
  }

  /** An application's own transaction on this connection is waited for as another process's is. */
  #requireNoTransaction(): void {
    if (this.#transactions.isOpen) {
      throw new Database.SqliteError('the connection is in a transaction of the application', 'SQLITE_BUSY');
    }
  }

  async #read<T>(work: () => T, {flushed = true}: ReadOptions = {}): Promise<T> {
    const result = await this.#guard(() => {
      this.#flushes?.assertSound();
      return work();
    });
    // What another has committed since then is waited for, too.
    if (flushed && this.#flushes) await this.#flushes.until(await this.#guard(() => this.#version.read()));
    return result;
  }

  async #guard<T>(work: () => T): Promise<T> {
    try {
      return await retryWhileBusy(work, this.#busyTimeoutMs);
    } catch (error) {
      throw this.#toStoreError(error);
    }
  }

  #toStoreError(error: unknown): StoreError {
    return this.#db.open ? toStoreError(error) : new UnavailableError('The store is closed.', {cause: error});
  }
}
