import type Database from 'better-sqlite3';

/**
 * A number for what is in a database, as one connection sees it: another one once any row has changed, by whatever connection of
 * whatever process. SQLite knows of others' commits (`data_version`), and counts the changes of this connection.
 */
export class DataVersion {
  readonly #elsewhere: Database.Statement<[], number>;
  readonly #here: Database.Statement<[], number>;
  #newest = {elsewhere: 0, here: 0, number: 0};

  constructor(db: Database.Database) {
    this.#elsewhere = db.prepare<[], number>('PRAGMA data_version').pluck();
    this.#here = db.prepare<[], number>('SELECT total_changes()').pluck();
  }

  /** The newest that was read. */
  get newest(): number {
    return this.#newest.number;
  }

  /** As of now; in a transaction as of its moment, with what it has changed. */
  read(): number {
    const {elsewhere = 0, here = 0} = {elsewhere: this.#elsewhere.get(), here: this.#here.get()};
    if (elsewhere !== this.#newest.elsewhere || here !== this.#newest.here) {
      this.#newest = {elsewhere, here, number: this.#newest.number + 1};
    }
    return this.#newest.number;
  }
}
