import type {StoreMark, StoreMarkIdentity} from '../store-mark.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';

type Row = Omit<StoreMark, 'progress'> & {readonly progress: string | null};

/** The row of the store's mark. Each method is part of a transaction of its caller. */
export class StoreMarkRow {
  readonly #find: PreparedStatement<[], Row>;
  readonly #delete: PreparedStatement<[], never>;
  readonly #insert: PreparedStatement<[Row], never>;

  constructor(connection: SqliteConnection) {
    this.#find = connection.prepare(
      'SELECT state, move_id AS moveId, other, since, progress FROM store_mark WHERE id = 1',
    );
    this.#delete = connection.prepare('DELETE FROM store_mark WHERE id = 1');
    this.#insert = connection.prepare(
      `INSERT INTO store_mark (id, state, move_id, other, since, progress)
       VALUES (1, @state, @moveId, @other, @since, @progress)`,
    );
  }

  read(): StoreMark | undefined {
    const row = this.#find.get();
    if (!row) return undefined;
    const {progress, ...mark} = row;
    return {...mark, ...(progress !== null && {progress})};
  }

  replace(mark: StoreMark | undefined, replaced: StoreMarkIdentity | undefined): boolean {
    const stored = this.read();
    if (stored?.state !== replaced?.state || stored?.moveId !== replaced?.moveId) return false;
    this.#delete.run();
    if (mark) this.#insert.run({...mark, progress: mark.progress ?? null});
    return true;
  }
}
