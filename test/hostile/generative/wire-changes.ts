import type {Random} from '../../support/random.ts';
import {
  headerOf,
  withBody,
  withExtraHeader,
  withHeader,
  withoutHeader,
  type WireRequest,
} from '../../support/wire.ts';
import {broken, same, type Changed} from './mutant.ts';
import {changeWithin, flipCase} from './text-changes.ts';

type Make = (request: WireRequest, random: Random, other: WireRequest) => Changed<WireRequest> | undefined;

/** Everything of a request that its signature or its meaning hangs on. */
const VITAL = ['host', 'authorization', 'capability-invocation', 'content-type', 'digest'] as const;
const vitalOf = (request: WireRequest) => VITAL.filter((name) => headerOf(request, name) !== undefined);
/** What nobody looks at. */
const NEUTRAL_HEADERS = [
  ['x-anything', 'what\tever'],
  ['user-agent', 'client/1.0'],
  ['accept-encoding', 'gzip, br'],
  ['cookie', 'a=b'],
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', '192.0.2.1'],
  ['x-forwarded-host', 'evil.example'],
  ['range', 'bytes=0-1'],
  ['if-none-match', '*'],
  ['origin', 'null'],
  ['x-empty', ''],
  ['x-latin1', '\xe9'],
] as const;

const setHeader = (request: WireRequest, name: string, value: string | undefined) =>
  value === undefined || value === headerOf(request, name) ? undefined : withHeader(request, name, value);
const orNothing = (request: WireRequest | undefined) => request && broken(request);

/** Changes after signing. */
export const WIRE_CHANGES: Readonly<Record<string, Make>> = {
  'header names in another case': (request, random) =>
    same({
      ...request,
      headers: request.headers.map(([name, value]) => [random.chance(0.5) ? flipCase(name) : name, value]),
    }),
  'headers in another order': (request, random) =>
    same({...request, headers: shuffled(request.headers, random)}),
  'white space around values': (request, random) =>
    same({
      ...request,
      headers: request.headers.map(([name, value]) => [
        name,
        `${' '.repeat(random.below(3))}${value}${random.pick(['', ' ', '\t', ' \t '])}`,
      ]),
    }),
  'headers that say nothing': (request, random) => {
    const [name, value] = random.pick(NEUTRAL_HEADERS);
    return same(withExtraHeader(request, name, value, random.pick(['first', 'last'])));
  },
  'a header taken away': (request, random) => broken(withoutHeader(request, random.pick(vitalOf(request)))),
  'a header twice': (request, random) => {
    const name = random.pick(vitalOf(request));
    const value = random.pick([headerOf(request, name) ?? '', '', 'x']);
    return broken(
      withExtraHeader(request, random.pick([name, flipCase(name)]), value, random.pick(['first', 'last'])),
    );
  },
  'a header changed': (request, random) => {
    const name = random.pick(vitalOf(request));
    return orNothing(setHeader(request, name, changeWithin(headerOf(request, name) ?? '', random)));
  },
  'a header emptied': (request, random) => broken(withHeader(request, random.pick(vitalOf(request)), '')),
  'two headers swapped': (request, random) => {
    const [a, b] = [random.pick(vitalOf(request)), random.pick(vitalOf(request))];
    if (a === b) return undefined;
    const [ofA = '', ofB = ''] = [headerOf(request, a), headerOf(request, b)];
    return broken(withHeader(withHeader(request, a, ofB), b, ofA));
  },
  "another request's header": (request, random, other) => {
    const name = random.pick(vitalOf(request));
    return orNothing(setHeader(request, name, headerOf(other, name)));
  },
  "another request's signature": (request, _, other) =>
    orNothing(setHeader(request, 'authorization', headerOf(other, 'authorization'))),
  'another method': (request, random) => {
    const method = random.pick([
      'GET',
      'POST',
      'DELETE',
      'PUT',
      'PATCH',
      'TRACE',
      'PROPFIND',
      'post',
      'GETT',
      ' ',
    ]);
    return method === request.method ? undefined : broken({...request, method});
  },
  'another target': (request, random) => {
    const target = changeWithin(request.target, random, [0, request.target.length]);
    return target === undefined ? undefined : broken({...request, target});
  },
  'more target': (request, random) => {
    const more = random.pick([
      '?',
      '?a=b',
      '/',
      '//',
      '/..',
      '/.',
      '%00',
      '#',
      ';',
      '&version=1',
      '/keys',
      '?controller=x',
    ]);
    return broken({...request, target: request.target + more});
  },
  'another body': (request, random, other) => {
    const body = request.body ?? Buffer.alloc(0);
    const text = random.pick([
      changeWithin(body.toString('latin1'), random),
      other.body?.toString('latin1'),
      '',
      `${body.toString('latin1')} `,
      ` ${body.toString('latin1')}`,
      '{}',
    ]);
    const changed = text === undefined ? undefined : Buffer.from(text, 'latin1');
    if (!changed || changed.equals(body)) return undefined;
    return broken(withBody(request, changed));
  },
  'other framing': (request, random) => {
    const [name, value] = random.pick([
      ['transfer-encoding', 'gzip, chunked'],
      ['transfer-encoding', 'identity'],
      ['content-encoding', 'gzip'],
      ['content-encoding', ''],
      ['content-length', '0'],
      ['content-length', '+5'],
      ['content-length', '0x10'],
      ['content-length', '99999999999999999999'],
      ['expect', '200-ok'],
    ] as const);
    if (name === 'content-length' && request.body === undefined && value === '0') return undefined;
    return broken(withExtraHeader(withoutHeader(request, name), name, value));
  },
};

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
