import type {CustomTypesConfig} from 'pg';

/** Of pg_type: they are the same on every server. */
const BOOLEAN = 16;
const BYTEA = 17;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;

/** 64 bits hold more than a number does: what does not fit was not written by this code. */
function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('An integer at rest is out of range.');
  return value;
}

/** Sessions have `bytea_output = hex`. */
function parseBytes(text: string): Buffer {
  if (!text.startsWith('\\x')) throw new TypeError('Bytes from the server are not in hex.');
  return Buffer.from(text.slice(2), 'hex');
}

const asIs = (text: string): string => text;

const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [BOOLEAN, (text) => text === 't'],
  [BYTEA, parseBytes],
  [INT8, parseInteger],
  [INT2, parseInteger],
  [INT4, parseInteger],
]);

/** How columns become values: integers, booleans and bytes as such, everything else as the server's text. */
export const COLUMN_TYPES: CustomTypesConfig = {
  getTypeParser: (type: number) => PARSERS.get(type) ?? asIs,
};
