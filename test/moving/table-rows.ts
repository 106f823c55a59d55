import Database from 'better-sqlite3';

/** Columns that hold a position in another table, or in their own. */
const POSITIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  root_wrapper: {sealer_key_version: 'data_key_version'},
  root_key_version: {root_key: 'root_key'},
  sealed_root_key_version: {root_key_version: 'root_key_version', root_wrapper: 'root_wrapper'},
  data_key: {root_key: 'root_key'},
  data_key_version: {data_key: 'data_key', root_key_version: 'root_key_version'},
  keystore: {mac_key_version: 'data_key_version'},
  keystore_controller: {keystore: 'keystore'},
  key_record: {keystore: 'keystore', mac_key_version: 'data_key_version'},
  key_version: {key: 'key_record', data_key_version: 'data_key_version'},
  key_use: {key: 'key_record'},
  revocation: {keystore: 'keystore'},
  replay: {},
  maintenance_job: {},
};
const OWN_NAMES: Readonly<Record<string, string>> = {key_record: 'local_id'};

/**
 * Every row of every table of an SQLite store, as text, in any order: positions are replaced by what they stand for. Nothing of the
 * server's code reads it.
 */
export function tableRows(path: string): Readonly<Record<string, readonly string[]>> {
  const db = new Database(path, {readonly: true});
  const names = new Map<string, Map<unknown, unknown>>();
  const nameOf = (table: string, position: unknown): unknown => {
    let known = names.get(table);
    if (!known) {
      const rows = db.prepare(`SELECT position, ${OWN_NAMES[table] ?? 'id'} AS name FROM ${table}`).all() as {
        position: number;
        name: string;
      }[];
      known = new Map(rows.map(({position, name}) => [position, name]));
      names.set(table, known);
    }
    return known.get(position);
  };
  const toText = (table: string, row: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(
      Object.entries(row)
        .filter(([column]) => column !== 'position')
        .map(([column, value]) => {
          const other = POSITIONS[table]?.[column];
          if (other !== undefined && value !== null) return [column, nameOf(other, value)];
          return [column, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value];
        }),
    );
  try {
    return Object.fromEntries(
      Object.keys(POSITIONS).map((table) => {
        const rows = db.prepare(`SELECT * FROM ${table}`).all() as Record<string, unknown>[];
        return [table, rows.map((row) => toText(table, row)).toSorted()];
      }),
    );
  } finally {
    db.close();
  }
}
