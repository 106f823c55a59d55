/** A column: `NOT NULL` unless it is nullable. Text is compared by its bytes, whatever the server's locale. */
export interface Column {
  readonly type: 'bigint' | 'bytea' | 'integer' | 'text';
  readonly nullable?: true;
  /** Numbers in order of creation, given by the database and never twice. */
  readonly identity?: true;
}

export const BIGINT: Column = {type: 'bigint'};
export const BYTES: Column = {type: 'bytea'};
export const INTEGER: Column = {type: 'integer'};
export const TEXT: Column = {type: 'text'};
export const POSITION: Column = {type: 'bigint', identity: true};
export const nullable = (column: Column): Column => ({...column, nullable: true});

export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, Column>>;
  /** By their names. */
  readonly constraints: Readonly<Record<string, string>>;
  /** By their names: the columns, in that order. */
  readonly indexes?: Readonly<Record<string, string | PartialIndex>>;
}

/** Of the rows that meet a condition alone. */
export interface PartialIndex {
  readonly columns: string;
  readonly where: string;
  readonly unique?: true;
}

export function indexSql(table: string, name: string, index: string | PartialIndex): string {
  const {columns, where, unique}: Partial<PartialIndex> =
    typeof index === 'string' ? {columns: index} : index;
  const kind = unique ? 'UNIQUE INDEX' : 'INDEX';
  return `CREATE ${kind} ${name} ON ${table} USING btree (${columns})${where ? ` WHERE (${where})` : ''};`;
}

const columnSql = (name: string, {type, nullable: isNullable, identity}: Column): string =>
  [
    name,
    type,
    type === 'text' ? 'COLLATE "C"' : '',
    identity ? 'GENERATED ALWAYS AS IDENTITY' : '',
    isNullable ? '' : 'NOT NULL',
  ]
    .filter(Boolean)
    .join(' ');

export function tableSql({name, columns, constraints, indexes = {}}: Table): string {
  const parts = [
    ...Object.entries(columns).map(([column, definition]) => columnSql(column, definition)),
    ...Object.entries(constraints).map(
      ([constraint, definition]) => `CONSTRAINT ${constraint} ${definition}`,
    ),
  ];
  const made = Object.entries(indexes).map(([index, definition]) => indexSql(name, index, definition));
  return [`CREATE TABLE ${name} (\n  ${parts.join(',\n  ')}\n);`, ...made, ''].join('\n');
}
