import type {StoredDocument} from './collections.ts';

const wrong = (what: string): TypeError =>
  new TypeError(`A document at rest has something else where ${what} was written.`);

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrong('a text');
}

export function integer(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong('an integer');
}

/** The driver gives a Buffer. */
export function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length > 0) return value;
  throw wrong('bytes');
}

export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong('a list');
}

export const texts = (value: unknown): readonly string[] => list(value).map(text);

/** What the driver makes of a document, as opposed to a date, bytes or an array. */
export function members(value: unknown): StoredDocument {
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return value as StoredDocument;
  }
  throw wrong('a document');
}

export function oneOf<T extends string>(words: readonly T[], value: unknown): T {
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw wrong('a known word');
}

/** `{[name]: …}` as `read` reads it, or nothing where it is not there. */
export const optional = <K extends string, T>(
  name: K,
  value: unknown,
  read: (value: unknown) => T,
): Readonly<Partial<Record<K, T>>> =>
  (value === undefined ? {} : {[name]: read(value)}) as Readonly<Partial<Record<K, T>>>;
