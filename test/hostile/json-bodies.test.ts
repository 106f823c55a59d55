import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {malformed, type Refusal} from './support/refusal.ts';

const PARSE = malformed('The JSON cannot be parsed.');
const DUPLICATE = malformed('The JSON has a duplicate key.');
const FORBIDDEN_KEY = malformed('The JSON has a forbidden key.');
const DEEP = malformed('The JSON is nested too deep.');
const UTF_8 = malformed('The JSON is not valid UTF-8.');
const LARGE = malformed('The JSON has a number that is too large.');
const SURROGATE = malformed('The JSON has a lone surrogate.');

/** The same body as text. */
function text(change: (text: string) => string | Buffer) {
  return (s: HostileScene) =>
    s.creating({body: change(JSON.stringify({sequence: 0, controller: s.owner.did}))});
}

const TEXTS: readonly Case[] = (
  [
    ['nothing', () => '', PARSE],
    ['white space', () => ' ', PARSE],
    ['truncated JSON', (t) => t.slice(0, -1), PARSE],
    ['a comma too many', (t) => t.replace('}', ',}'), PARSE],
    ['a comment', (t) => `/**/${t}`, PARSE],
    ['two documents', (t) => `${t}${t}`, PARSE],
    ['a NUL at the end', (t) => `${t}\0`, PARSE],
    ['a line end in a string', (t) => t.replace('did:', 'did:\n'), PARSE],
    ['single quotes', (t) => t.replaceAll('"', "'"), PARSE],
    ['NaN', (t) => t.replace(':0', ':NaN'), PARSE],
    ['a number of 0x0', (t) => t.replace(':0', ':0x0'), PARSE],
    ['a number of 00', (t) => t.replace(':0', ':00'), PARSE],
    ['a number beyond all bounds', (t) => t.replace(':0', ':1e999'), LARGE],
    ['a duplicate key', (t) => t.replace('{', '{"sequence":0,'), DUPLICATE],
    ['a duplicate key, escaped', (t) => t.replace('{', '{"\\u0073equence":0,'), DUPLICATE],
    ['a second controller', (t) => t.replace('}', ',"controller":"did:key:z6Mk"}'), DUPLICATE],
    ['__proto__', (t) => t.replace('{', '{"__proto__":{"admin":true},'), FORBIDDEN_KEY],
    ['constructor', (t) => t.replace('{', '{"constructor":{"prototype":{}},'), FORBIDDEN_KEY],
    ['prototype, within', (t) => t.replace('{', '{"a":[{"prototype":1}],'), FORBIDDEN_KEY],
    ['33 levels', (t) => t.replace('{', `{"a":${'['.repeat(33)}${']'.repeat(33)},`), DEEP],
    ['40,000 levels', () => '['.repeat(40_000) + ']'.repeat(40_000), DEEP],
    ['15,000 levels of objects', () => '{"a":'.repeat(15_000) + '0' + '}'.repeat(15_000), DEEP],
    ['a lone surrogate', (t) => t.replace('did:', '\\ud800did:'), SURROGATE],
    ['a lone surrogate in a key', (t) => t.replace('{', '{"\\udc00":0,'), SURROGATE],
    ['a byte order mark', (t) => `\ufeff${t}`, PARSE],
    ['bytes that are no UTF-8', (t) => Buffer.concat([Buffer.from(t), Buffer.of(0xff)]), UTF_8],
    ['an overlong encoding', (t) => Buffer.concat([Buffer.of(0xc0, 0xa0), Buffer.from(t)]), UTF_8],
    ['UTF-16', (t) => Buffer.from(t, 'utf16le'), PARSE],
  ] satisfies readonly [string, (text: string) => string | Buffer, Refusal][]
).map(([name, change, refusal]) => ({title: `R1 a body with ${name}`, request: text(change), refusal}));

describe('hostile: JSON', () => {
  itRefuses(useScene(), TEXTS, {twin: (s) => s.creating(), success: 201});
});
