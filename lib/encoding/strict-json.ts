import {MalformedRequestError} from '../errors.ts';

export interface StrictJsonOptions {
  /** Arrays and objects inside one another: `1` is 0 deep, `[]` is 1, `[{}]` is 2. */
  readonly maxDepth: number;
}

/** Keys that mean something to JavaScript objects, and nothing to any document of ours. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

// `ignoreBOM` leaves a byte order mark in the text, where `JSON.parse` refuses it.
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/**
 * Parses JSON that has one meaning to every parser (RFC 8259; I-JSON, RFC 7493 §2): UTF-8 without a byte order mark,
 * no key twice in an object however it is escaped, no lone surrogate, no number that is too large for a double, no key of
 * `Object.prototype`'s machinery.
 * The bytes must be bounded by the caller; time is linear in them.
 * @returns what `JSON.parse` returns for the same text.
 * @throws MalformedRequestError with a message that is constant for each cause.
 */
export function parseStrictJson(bytes: Uint8Array, {maxDepth}: StrictJsonOptions): unknown {
  const text = decodeUtf8(bytes);
  const value = parse(text);
  // UTF-8 cannot spell a lone surrogate; an escape can.
  const hasEscapes = text.includes('\\');
  // Of a repeated key `JSON.parse` keeps the last: the value then has fewer members than the text.
  if (countMembers(value, maxDepth, hasEscapes) !== countColons(text)) {
    throw new MalformedRequestError('The JSON has a duplicate key.');
  }
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new MalformedRequestError('The JSON is not valid UTF-8.', {cause});
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes its input: not even for the log.
    throw new MalformedRequestError('The JSON cannot be parsed.');
  }
}

/** Colons outside of strings: one for each member that was written. `text` is valid JSON. */
function countColons(text: string): number {
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) colons++;
    else if (code === QUOTE) i = closingQuote(text, i);
  }
  return colons;
}

/** Where the string ends that begins with the quote at `opening`: at the next one that no backslash escapes. */
function closingQuote(text: string, opening: number): number {
  let closing = opening;
  let backslashes;
  do {
    closing = text.indexOf('"', closing + 1);
    backslashes = 0;
    while (text.charCodeAt(closing - 1 - backslashes) === BACKSLASH) backslashes++;
  } while (backslashes % 2 === 1);
  return closing;
}

/**
 * Counts the members of all objects in `value`, and refuses forbidden keys, lone surrogates (where the text `hasEscapes`),
 * numbers that are too large and depth on the way. Recursion goes no deeper than `levels`.
 */
function countMembers(value: unknown, levels: number, hasEscapes: boolean): number {
  if (typeof value === 'string') {
    if (hasEscapes) assertWellFormed(value);
    return 0;
  }
  if (typeof value === 'number') assertFinite(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (levels === 0) throw new MalformedRequestError('The JSON is nested too deep.');
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item, levels - 1, hasEscapes);
    return members;
  }
  for (const [key, item] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key)) throw new MalformedRequestError('The JSON has a forbidden key.');
    if (hasEscapes) assertWellFormed(key);
    members += 1 + countMembers(item, levels - 1, hasEscapes);
  }
  return members;
}

/** `1e400` is a number of JSON's grammar, and Infinity to its parser, which is none (RFC 7493 §2.2). */
function assertFinite(value: number): void {
  if (!Number.isFinite(value)) throw new MalformedRequestError('The JSON has a number that is too large.');
}

function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new MalformedRequestError('The JSON has a lone surrogate.');
}
