import {Turns} from '../../turns.ts';
import type {AuthenticatedKeyColumns} from '../key-columns.ts';
import type {SealedVersionColumns} from '../key-version-columns.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';
import {VERSION_COLUMNS} from './key-version-row.ts';

/** Versions of a key that are read at once: nothing else is done meanwhile, and each takes some 5 µs. */
export const VERSIONS_AT_ONCE = 128;
const MAX_ATTEMPTS = 3;

/** A key and one of its versions. */
export interface KeyRow extends AuthenticatedKeyColumns, SealedVersionColumns {
  readonly position: number;
}

/** What was read at one moment, and a key with it. */
export interface KeyReading<Found> {
  readonly found: Found;
  /** The first of `versions`; undefined where there is no such key. */
  readonly key: KeyRow | undefined;
  /** In order. */
  readonly versions: readonly SealedVersionColumns[];
}

/** Reads keys whole, however many versions they have, as they were at one moment, and in turns. */
export class WholeKeys {
  readonly #connection: SqliteConnection;
  readonly #part: PreparedStatement<[key: number, after: number, versions: number], SealedVersionColumns>;
  readonly #sequence: PreparedStatement<[key: number, localKeyId: string], number>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#part = connection.prepare(
      `SELECT ${VERSION_COLUMNS} FROM key_version v
       WHERE v.key = (SELECT position FROM key_record WHERE position = ?) AND v.version > (SELECT ?)
       ORDER BY v.version LIMIT ?`,
    );
    this.#sequence = connection
      .prepare<[number, string], number>(
        'SELECT sequence FROM key_record WHERE position = ? AND local_id = ?',
      )
      .pluck();
  }

  /** @param begin reads at one moment what is read, of the key at most so many versions. Called again where the key has changed. */
  async read<Found>(begin: (most: number) => Promise<KeyReading<Found>>): Promise<KeyReading<Found>> {
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      const begun = await begin(VERSIONS_AT_ONCE);
      const {key, versions} = begun;
      if (!key || versions.length < VERSIONS_AT_ONCE) return begun;
      const all = await this.#readRest(key, versions);
      if (all) return {...begun, versions: all};
    }
    return begin(Number.MAX_SAFE_INTEGER);
  }

  /** @returns undefined where the key is not any more what it was: each change makes its sequence higher. */
  async #readRest(
    {position, localKeyId, sequence}: KeyRow,
    begun: readonly SealedVersionColumns[],
  ): Promise<readonly SealedVersionColumns[] | undefined> {
    const turns = new Turns();
    const all = [...begun];
    let part = begun;
    while (part.length === VERSIONS_AT_ONCE) {
      await turns.next();
      const after = part.at(-1)?.version ?? 0;
      part = await this.#connection.run(() => this.#part.all(position, after, VERSIONS_AT_ONCE));
      all.push(...part);
    }
    const now = await this.#connection.run(() => this.#sequence.get(position, localKeyId));
    return now === sequence ? all : undefined;
  }
}
