import {LRUCache} from 'lru-cache';

/** What a record takes besides what its columns hold, roughly. */
const RECORD_WEIGHT = 1024;

/** As the driver gives it: each column a string, a number, bytes or null. */
type Row = object;
type Columns = Readonly<Record<string, string | number | Uint8Array | null>>;

export interface Known<T> {
  readonly value: T;
  /** The database's version in which its rows were read first. */
  readonly since: number;
}

interface Entry<T> extends Known<T> {
  /** The one in which they were last read. */
  version: number;
  readonly rows: readonly Row[];
}

/**
 * Records as they were made of rows, least recently used out first. Nothing is given out but in the version of the database that
 * it was read in (`SqliteConnection.dataVersion`), or for the very rows that it was made of: so it is never older than a reading.
 * Where the rows are the same the object is: what is known of it need not be found out again. So nobody may change one.
 */
export class RecordMemory<T extends object> {
  readonly #entries: LRUCache<string, Entry<T>>;

  /** @param maxBytes roughly; a record of more than half of it is not remembered. */
  constructor(maxBytes: number) {
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: Math.floor(maxBytes / 2),
      sizeCalculation: ({rows}) => rows.reduce((sum, row) => sum + weightOf(row as Columns), RECORD_WEIGHT),
    });
  }

  /** What was read under that name in that version of the database. */
  current(name: string, version: number): Known<T> | undefined {
    const entry = this.#entries.get(name);
    return entry?.version === version ? entry : undefined;
  }

  /** Gives the value of rows that were read in that version of the database; `make` makes it where it is not known. */
  take(
    name: string,
    version: number,
    {rows, make}: {readonly rows: readonly Row[]; readonly make: () => T},
  ): Known<T> {
    const entry = this.#entries.get(name);
    if (entry && isSame(entry.rows, rows)) {
      entry.version = version;
      return entry;
    }
    const made = {version, since: version, rows, value: make()};
    this.#entries.set(name, made);
    return made;
  }
}

function isSame(some: readonly Row[], others: readonly Row[]): boolean {
  return (
    some.length === others.length &&
    some.every((row, index) => isSameRow(row as Columns, others[index] as Columns))
  );
}

function isSameRow(row: Columns, other: Columns): boolean {
  for (const column of Object.keys(row)) {
    const [a, b] = [row[column], other[column]];
    if (a === b) continue;
    if (!(a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0)) return false;
  }
  return true;
}

function weightOf(row: Columns): number {
  let sum = 0;
  for (const value of Object.values(row))
    sum += value === null || typeof value === 'number' ? 8 : value.length;
  return sum;
}
