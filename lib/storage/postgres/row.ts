/** A row as the server gave it. What it holds is looked at before it is believed. */
export type Row = Readonly<Record<string, unknown>>;

const unreadable = (column: string): TypeError =>
  new TypeError(`The column ${column} at rest is something else.`);

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unreadable(column);
  return value;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw unreadable(column);
  return value;
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw unreadable(column);
  return value;
}

export function boolean(row: Row, column: string): boolean {
  const value = row[column];
  if (typeof value !== 'boolean') throw unreadable(column);
  return value;
}

/** @throws TypeError where it is none of `words` */
export function oneOf<Word extends string>(row: Row, column: string, words: readonly Word[]): Word {
  const value = row[column];
  const word = words.find((each) => each === value);
  if (word === undefined) throw unreadable(column);
  return word;
}

export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);

export const integerOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : integer(row, column);

export const bytesOrNull = (row: Row, column: string): Uint8Array | null =>
  row[column] === null ? null : bytes(row, column);
