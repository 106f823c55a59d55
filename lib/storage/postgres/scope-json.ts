import type {DataKeyVersionRow, SealedRootKeyVersionRow} from '../key-hierarchy-rows.ts';

type Field = 'text' | 'integer' | 'bytes';

function parseRows(json: string | null): readonly unknown[] {
  if (json === null) return [];
  const rows: unknown = JSON.parse(json);
  if (!Array.isArray(rows)) throw new TypeError('Rows from the server are not a list.');
  return rows;
}

function parseField(field: Field, value: unknown): string | number | Uint8Array {
  if (field === 'integer' && Number.isSafeInteger(value)) return value as number;
  if (field === 'text' && typeof value === 'string') return value;
  if (field === 'bytes' && typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value)) {
    return Buffer.from(value, 'hex');
  }
  throw new TypeError(`A row from the server has no ${field} where one is.`);
}

/** For rows that `json_build_array` made of columns in that order. */
const rowParser =
  (fields: readonly (readonly [name: string, field: Field])[]) =>
  (row: unknown): Record<string, string | number | Uint8Array> => {
    if (!Array.isArray(row) || row.length !== fields.length) {
      throw new TypeError('A row from the server has other columns.');
    }
    return Object.fromEntries(fields.map(([name, field], index) => [name, parseField(field, row[index])]));
  };

const parseSealedRootKeyVersion = rowParser([
  ['id', 'text'],
  ['version', 'integer'],
  ['createdAt', 'integer'],
  ['rootWrapperId', 'text'],
  ['blob', 'bytes'],
]);

const parseDataKeyVersion = rowParser([
  ['dataKeyId', 'text'],
  ['purpose', 'text'],
  ['id', 'text'],
  ['version', 'integer'],
  ['createdAt', 'integer'],
  ['rootKeyVersionId', 'text'],
  ['blob', 'bytes'],
]);

/** @throws TypeError where it is not what the statement makes; null is none. */
export const parseSealedRootKeyVersions = (json: string | null): readonly SealedRootKeyVersionRow[] =>
  parseRows(json).map((row) => parseSealedRootKeyVersion(row) as unknown as SealedRootKeyVersionRow);

/** As `parseSealedRootKeyVersions`. */
export const parseDataKeyVersions = (json: string | null): readonly DataKeyVersionRow[] =>
  parseRows(json).map((row) => parseDataKeyVersion(row) as unknown as DataKeyVersionRow);
