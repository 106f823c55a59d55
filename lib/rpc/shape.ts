import {ProtocolError} from './protocol-error.ts';

/**
 * Plain data → what it must be, made anew. @throws ProtocolError where it is anything else, or has anything more.
 * @param trims leaves out what there is more: of what is to be sent, as who has more may give it for less
 */
export type Shape<T> = (value: unknown, trims?: boolean) => T;

/** Of a member that may be absent. */
export interface Optional<T> {
  readonly optional: Shape<T>;
}

/** A shape for each member, and `Optional` for just those that may be absent. */
export type Members<T> = {
  readonly [K in keyof T]-?: undefined extends {readonly [M in keyof T]: M}[K]
    ? Optional<Exclude<T[K], undefined>>
    : Shape<T[K]>;
};

const refuse = (expected: string): never => {
  throw new ProtocolError(`Something is not ${expected}.`);
};

const MAX_TEXT = 1024 * 1024;

export const text: Shape<string> = (value) =>
  typeof value === 'string' && value.length <= MAX_TEXT ? value : refuse('text');

export const integer: Shape<number> = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : refuse('an integer');

export const count: Shape<number> = (value) => {
  const number = integer(value);
  return number >= 0 ? number : refuse('a count');
};

export const boolean: Shape<boolean> = (value) => (typeof value === 'boolean' ? value : refuse('a boolean'));

export const bytes: Shape<Uint8Array> = (value) => (value instanceof Uint8Array ? value : refuse('bytes'));

/** @param max of bytes */
export function bytesUpTo(max: number): Shape<Uint8Array> {
  return (value) => {
    const given = bytes(value);
    return given.length <= max ? given : refuse('so few bytes');
  };
}

const nothing: Shape<undefined> = (value) => (value === undefined ? undefined : refuse('nothing'));

/** Of what returns nothing. */
export const done: Shape<void> = nothing;

export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return (value) => words.find((word) => word === value) ?? refuse('one of the words');
}

export function either<A, B>(a: Shape<A>, b: Shape<B>, isFirst: (value: unknown) => boolean): Shape<A | B> {
  return (value, trims) => (isFirst(value) ? a(value, trims) : b(value, trims));
}

/** What may be undefined. */
export function maybe<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, trims) => (value === undefined ? undefined : shape(value, trims));
}

export function optional<T>(shape: Shape<T>): Optional<T> {
  return {optional: shape};
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, trims) =>
    Array.isArray(value) ? value.map((item: unknown) => shape(item, trims)) : refuse('a list');
}

/** A list of `max` at most. */
export function listUpTo<T>(max: number, shape: Shape<T>): Shape<readonly T[]> {
  const items = list(shape);
  return (value, trims) =>
    Array.isArray(value) && value.length > max ? refuse('so short a list') : items(value, trims);
}

/** A list of so many, each of its own shape; those at its end may be missing where theirs take undefined. */
export function tuple<T extends readonly unknown[]>(
  ...shapes: {readonly [I in keyof Required<T>]: Shape<T[I]>}
): Shape<T> {
  const all = shapes as readonly Shape<unknown>[];
  return (value, trims) => {
    if (!Array.isArray(value) || value.length > all.length) return refuse('a list of that length');
    const items: readonly unknown[] = value;
    const parsed = all.map((shape, i) => shape(items[i], trims));
    while (parsed.length > 0 && parsed.at(-1) === undefined) parsed.pop();
    return parsed as unknown as T;
  };
}

/** An object with texts as its members' names, in any number. */
export function dictionary<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value) => {
    const entries = Object.entries(plainObject(value)).map(
      ([name, member]) => [name, shape(member)] as const,
    );
    return Object.fromEntries(entries);
  };
}

/** An object with these members and no others. A member that is undefined is absent. */
export function object<T extends object>(members: Members<T>): Shape<T> {
  const all = Object.entries<Shape<unknown> | Optional<unknown>>(members);
  const names = new Set(all.map(([name]) => name));
  return (value, trims) => {
    const given = plainObject(value);
    if (trims !== true)
      for (const name of Object.keys(given))
        if (!names.has(name)) refuse('an object with those members alone');
    const parsed: Record<string, unknown> = {};
    for (const [name, shape] of all) {
      const member = Object.hasOwn(given, name) ? given[name] : undefined;
      if (typeof shape === 'function') parsed[name] = shape(member, trims);
      else if (member !== undefined) parsed[name] = shape.optional(member, trims);
    }
    return parsed as T;
  };
}

type Given = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;
type Present<M> = {
  readonly [K in keyof M as M[K] extends Shape<unknown> ? K : never]: M[K] extends Shape<infer T> ? T : never;
};
type Absent<M> = {
  readonly [K in keyof M as M[K] extends Optional<unknown> ? K : never]?: M[K] extends Optional<infer T>
    ? T
    : never;
};

/** As `object`, of what has no interface of its own. */
export function fields<const M extends Given>(members: M): Shape<Present<M> & Absent<M>> {
  return object(members as unknown as Members<Present<M> & Absent<M>>);
}

/** An object that JSON could have given, as it is: for what is validated elsewhere. */
export const anyObject: Shape<object> = (value) => plainObject(value);

/** Anything that the encoding can say. */
export const anything: Shape<unknown> = (value) => value;

function plainObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return refuse('an object');
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null
    ? (value as Readonly<Record<string, unknown>>)
    : refuse('an object');
}
