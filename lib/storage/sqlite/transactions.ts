import type Database from 'better-sqlite3';

/** The transactions of one connection, each of them synchronous. */
export class Transactions {
  readonly #db: Database.Database;
  readonly #beginRead: Database.Statement<[]>;
  readonly #beginWrite: Database.Statement<[]>;
  readonly #commit: Database.Statement<[]>;
  readonly #rollback: Database.Statement<[]>;
  readonly #beginPart: Database.Statement<[]>;
  readonly #endPart: Database.Statement<[]>;
  readonly #rollbackPart: Database.Statement<[]>;
  readonly #level: Database.Statement<[], number>;
  readonly #changes: Database.Statement<[], number>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#beginRead = db.prepare('BEGIN DEFERRED');
    this.#beginWrite = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#beginPart = db.prepare('SAVEPOINT part');
    this.#endPart = db.prepare('RELEASE part');
    this.#rollbackPart = db.prepare('ROLLBACK TO part');
    this.#level = db.prepare<[], number>('PRAGMA synchronous').pluck();
    this.#changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  }

  /** Whether one is open, e.g. an application's on its own connection. */
  get isOpen(): boolean {
    return this.#db.inTransaction;
  }

  /** Rows that were changed since the connection was opened. */
  changes(): number {
    return this.#changes.get() ?? 0;
  }

  read<T>(work: () => T): T {
    return this.#run(this.#beginRead, work);
  }

  /** @param flush see `WriteOptions` */
  write<T>(work: () => T, {flush}: {readonly flush: boolean}): T {
    if (flush) return this.#run(this.#beginWrite, work);
    const level = Number(this.#level.get());
    // `exec`: a prepared pragma that sets takes ten times as long; one that reads, a tenth.
    this.#db.exec('PRAGMA synchronous = NORMAL');
    try {
      return this.#run(this.#beginWrite, work);
    } finally {
      this.#db.exec(`PRAGMA synchronous = ${level}`);
    }
  }

  /** A part of a `write` that leaves nothing behind where it throws, and the rest as it is, unless the whole is not open any more. */
  part<T>(work: () => T): T {
    this.#beginPart.run();
    try {
      const result = work();
      this.#endPart.run();
      return result;
    } catch (error) {
      if (this.isOpen) {
        this.#rollbackPart.run();
        this.#endPart.run();
      }
      throw error;
    }
  }

  #run<T>(begin: Database.Statement<[]>, work: () => T): T {
    begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      // Some errors of the disk have rolled it back already.
      if (this.isOpen) this.#rollback.run();
      throw error;
    }
  }
}
