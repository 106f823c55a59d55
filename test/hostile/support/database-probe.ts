import {createHash} from 'node:crypto';
import {join} from 'node:path';
import Database from 'better-sqlite3';

/**
 * What the health check writes; what counts changes of keys, also of those that were made for a keystore over its quota; who
 * does what needs doing without a request.
 */
const OF_THE_SERVER = ['probe', 'hierarchy_state', 'lease'];

/** Of each table, how many rows it has and what is in them. */
export type Snapshot = Readonly<Record<string, {readonly rows: number; readonly contents: string}>>;

/** Looks into a running server's database, from outside of it. */
export class DatabaseProbe {
  readonly #db: Database.Database;
  readonly #tables: readonly string[];

  constructor({dataDir}: {readonly dataDir: string}) {
    this.#db = new Database(join(dataDir, 'webkms.db'), {readonly: true});
    this.#tables = this.#db
      .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      .pluck()
      .all()
      .filter((name) => !OF_THE_SERVER.includes(name));
  }

  /** Every table but the server's own: two snapshots are equal where nothing was stored, changed or deleted. */
  snapshot(): Snapshot {
    return Object.fromEntries(
      this.#tables.map((name) => {
        const rows = this.#db.prepare<[], unknown[]>(`SELECT * FROM "${name}"`).raw().all();
        const contents = createHash('sha256').update(JSON.stringify(rows)).digest('base64url');
        return [name, {rows: rows.length, contents}];
      }),
    );
  }

  /** How many rows each table has. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.snapshot()).map(([name, {rows}]) => [name, rows]));
  }

  /** All bytes that are sealed key material, to look for where they must not be. */
  material(): readonly Buffer[] {
    return this.#db.prepare<[], Buffer>('SELECT material FROM key_version').pluck().all();
  }

  close(): void {
    this.#db.close();
  }
}
