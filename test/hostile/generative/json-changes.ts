import type {Random} from '../../support/random.ts';
import {changeWithin} from './text-changes.ts';

type Path = readonly (string | number)[];

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  2 ** 53,
  1e300,
  -1e-300,
  '',
  ' ',
  'a',
  '\0',
  '\ufeff',
  '\u2028',
  '%',
  '../..',
  'https://example.com/',
  'urn:zcap:root:x',
  'did:key:z6Mk',
  'constructor',
  '__proto__',
  '2999-01-01T00:00:00Z',
  'A'.repeat(5000),
  [],
  [[]],
  [null],
  {},
  {a: {b: {}}},
  {id: 'x'},
  {'@value': 'x'},
  {'@id': 'x', '@type': '@json'},
  Array.from({length: 500}, (_, index) => index),
];
const NAMES = [
  'a',
  '',
  'id',
  'type',
  '@id',
  '@type',
  '@context',
  '@graph',
  '$ref',
  'toString',
  'hasOwnProperty',
  'caveat',
  'proof',
  'Type',
  'type ',
  'é',
];

/** Changes one place of a JSON document. The result may mean the same: whether it does is for the caller to know. */
export function changeJson(document: unknown, random: Random): unknown {
  const path = random.pick(pathsOf(document));
  const value = valueAt(document, path);
  const changed: unknown = random.pick([
    () => replaced(document, path, random.pick(VALUES)),
    () => replaced(document, path, random.pick(VALUES)),
    () => replaced(document, path, [value]),
    () => replaced(document, path, [value, value]),
    () => replaced(document, path, {a: value}),
    () => replaced(document, path, undefined),
    () =>
      replaced(
        document,
        path,
        isRecord(value) ? {...value, [random.pick(NAMES)]: random.pick(VALUES)} : value,
      ),
    () => replaced(document, path, isRecord(value) ? renamed(value, random) : value),
    () => replaced(document, path, valueAt(document, random.pick(pathsOf(document)))),
    () =>
      replaced(
        document,
        path,
        typeof value === 'string' ? changeWithin(value, random, [0, value.length]) : value,
      ),
    () =>
      replaced(
        document,
        path,
        typeof value === 'string' ? changeWithin(value, random, [0, value.length]) : value,
      ),
    () =>
      replaced(document, path, typeof value === 'number' ? value + random.pick([1, -1, 0.5, 1e9]) : value),
    () => replaced(document, path, Array.isArray(value) ? value.toReversed() : value),
    () => replaced(document, path, Array.isArray(value) ? value.slice(1) : value),
  ])();
  // JSON has no word for undefined.
  return changed ?? null;
}

/** Changes of the text that no value could tell of. Each makes JSON that must be refused. */
export function spoilText(text: string, random: Random): string | Buffer {
  return random.pick<() => string | Buffer>([
    () => text.slice(0, random.below(text.length)),
    () => `${text}${random.pick(['}', ']', ',', 'x', '\0', text, '//', '{}'])}`,
    () => `\ufeff${text}`,
    () => text.replace('{', `{${/"[^"]*":/.exec(text)?.[0] ?? '"a":'}0,`),
    () => text.replace('{', `{"${random.pick(['__proto__', 'constructor', 'prototype'])}":{},`),
    () => text.replace('{', `{"a":${'['.repeat(40)}${']'.repeat(40)},`),
    () => text.replace('{', '{"\\ud800":0,'),
    () => text.replaceAll('"', "'"),
    () => text.replace(':', '='),
    () => text.replace('{', '{,'),
    () => text.replace('}', ',}'),
    () =>
      Buffer.concat([Buffer.from(text.slice(0, 5)), random.bytes(1 + random.below(20)), Buffer.from([0xff])]),
    () => Buffer.from(text, 'utf16le'),
    () => '['.repeat(20_000),
    () => ' '.repeat(1000),
    () => '',
  ])();
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  const children = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : isRecord(value)
      ? Object.entries(value)
      : [];
  return [path, ...children.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], document);
}

function replaced(document: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const child = (document as Record<string | number, unknown>)[key];
  const changed = replaced(child, rest, value);
  if (Array.isArray(document))
    return document.map((item: unknown, index) => (index === key ? changed : item));
  return {...(document as object), [key]: changed};
}

function renamed(value: Readonly<Record<string, unknown>>, random: Random): unknown {
  const [name = 'a'] = Object.keys(value);
  const {[name]: member, ...others} = value;
  return {...others, [random.pick(NAMES)]: member};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
