import type {DataKeyVersionReferencer} from '../key-hierarchy-store.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';

interface ForeignKeyColumn {
  readonly table: string;
  readonly key: number;
  readonly column: string;
  /** null: the primary key. */
  readonly referenced: string | null;
  readonly onDelete: string;
}

/** A foreign key to data_key_version, of whatever table. */
export interface Referencer extends DataKeyVersionReferencer {
  /** Whether any of its rows names the data key version with the id `?`. */
  readonly sql: string;
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function toReferencer(columns: readonly [ForeignKeyColumn, ...ForeignKeyColumn[]]): Referencer {
  const [{table, column, onDelete}] = columns;
  const own = columns.map((each) => `t.${quote(each.column)}`).join(', ');
  const referenced = columns.map((each) => `d.${quote(each.referenced ?? 'position')}`).join(', ');
  return {
    name: `${table}.${column}`,
    restricts: onDelete === 'RESTRICT' || onDelete === 'NO ACTION',
    sql: `SELECT EXISTS (SELECT 1 FROM main.${quote(table)} t
      WHERE (${own}) = (SELECT ${referenced} FROM main.data_key_version d WHERE d.id = ?))`,
  };
}

/** What names data key versions, as the schema is when it is asked: an application makes and drops tables of its own. */
export class DataKeyVersionReferencers {
  readonly #connection: SqliteConnection;
  readonly #foreignKeys: PreparedStatement<[], ForeignKeyColumn>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#foreignKeys = connection.prepare(
      `SELECT name AS "table", f.id AS key, f."from" AS "column", f."to" AS referenced, f.on_delete AS onDelete
       FROM main.sqlite_schema, pragma_foreign_key_list(name, 'main') f
       WHERE type = 'table' AND f."table" = 'data_key_version' COLLATE NOCASE`,
    );
  }

  list(): readonly Referencer[] {
    const keys = Map.groupBy(this.#foreignKeys.all(), ({table, key}) => `${key} ${table}`);
    return [...keys.values()]
      .flatMap(([first, ...others]) => (first ? [toReferencer([first, ...others])] : []))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  listReferenced(dataKeyVersionIds: readonly string[]): readonly string[] {
    const lookups = this.list().map(({sql}) => this.#connection.prepare<[id: string], number>(sql).pluck());
    return [...new Set(dataKeyVersionIds)].filter((id) => lookups.some((lookup) => lookup.get(id) === 1));
  }
}
