import {
  formatAuthorization,
  withoutHeader,
  type AuthorizationParameters,
  type RequestDraft,
} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, malformed, type Refusal} from './support/refusal.ts';

const NOT_WELL_FORMED = malformed(
  'The "authorization" header is missing or is not a well-formed HTTP signature.',
);
const signing = (s: HostileScene) => s.signing();

function withDraft(overrides: Partial<RequestDraft> | ((draft: RequestDraft) => Partial<RequestDraft>)) {
  return (s: HostileScene) => s.signing({overrides});
}

const FORMATS: readonly Case[] = (
  [
    ['another scheme', (p) => formatAuthorization(p).replace('Signature ', 'Bearer ')],
    ['the scheme in lower case', (p) => formatAuthorization(p).replace('Signature ', 'signature ')],
    ['only the scheme', () => 'Signature'],
    ['nothing', () => ''],
    ['two spaces after the scheme', (p) => formatAuthorization(p).replace(' ', '  ')],
    ['a tab after the scheme', (p) => formatAuthorization(p).replace(' ', '\t')],
    ['a space after a comma', (p) => formatAuthorization(p).replace(',headers', ', headers')],
    ['a comma at the end', (p) => `${formatAuthorization(p)},`],
    ['two commas', (p) => formatAuthorization(p).replace(',headers', ',,headers')],
    ['an unterminated parameter', (p) => formatAuthorization(p).slice(0, -1)],
    ['an unquoted parameter', (p) => formatAuthorization(p).replace(/created="(\d+)"/, 'created=$1')],
    ['an unknown parameter', (p) => `${formatAuthorization(p)},algorithm="hs2019"`],
    ['a name in upper case', (p) => formatAuthorization(p).replace('keyId', 'KeyId')],
    ['a name of the prototype', (p) => `${formatAuthorization(p)},constructor="x"`],
    ...['keyId', 'headers', 'signature', 'created', 'expires'].flatMap(
      (name) =>
        [
          [`no ${name}`, (p) => formatAuthorization(p).replace(new RegExp(`${name}="[^"]*",?`), '')],
          [`${name} twice`, (p) => `${formatAuthorization(p)},${parameter(p, name)}`],
          [`${name} twice, first`, (p) => formatAuthorization(p).replace(' ', ` ${parameter(p, name)},`)],
        ] satisfies readonly [string, (parameters: AuthorizationParameters) => string][],
    ),
  ] satisfies readonly [string, (parameters: AuthorizationParameters) => string][]
).map(([name, format]) => ({
  title: `R2 ${name}`,
  request: withDraft({formatAuthorization: format}),
  refusal: NOT_WELL_FORMED,
}));

function parameter(parameters: AuthorizationParameters, name: string): string {
  return `${name}="${(parameters as unknown as Record<string, string>)[name] ?? ''}"`;
}

const NUMBERS: readonly Case[] = ['created', 'expires'].flatMap((name) =>
  [
    '',
    '0',
    '-1',
    '+1',
    '01',
    '0x6a000000',
    '1.7e9',
    '1700000000.0',
    ' 1700000000',
    '1'.repeat(13),
    'NaN',
    '١٧',
  ].map((text) => ({
    title: `R3 ${name} is ${JSON.stringify(text)}`,
    request: withDraft({[name]: Buffer.from(text).toString('latin1')}),
    refusal: NOT_WELL_FORMED,
  })),
);

const now = (offset: number) => String(Math.floor(Date.now() / 1000) + offset);
const LIFETIME = forbidden(
  'signature-lifetime',
  'The signature must expire after its creation, within 900 seconds.',
);
const TIMES: readonly Case[] = (
  [
    ['expired', -1000, -400, forbidden('expired', 'The signature has expired.'), -500, -200],
    [
      'from the future',
      400,
      900,
      forbidden('not-yet-valid', 'Invalid signature; the signature creation time is in the future.'),
      200,
      900,
    ],
    ['of a year', 0, 31_536_000, LIFETIME, 0, 890],
    ['of 901 seconds', 0, 901, LIFETIME, 0, 900],
    ['that expires as it is created', 0, 0, LIFETIME, 0, 1],
    ['that expires before it is created', 10, 0, LIFETIME, 0, 10],
  ] satisfies readonly [string, number, number, Refusal, number, number][]
).map(([name, created, expires, refusal, goodCreated, goodExpires]) => ({
  title: `R4 a signature ${name}`,
  request: (s) => s.signing({overrides: {created: now(created), expires: now(expires)}}),
  refusal,
  twin: (s) => s.signing({overrides: {created: now(goodCreated), expires: now(goodExpires)}}),
}));

const SIGNED_HEADERS: readonly Case[] = [
  ...[
    '(key-id)',
    '(created)',
    '(expires)',
    '(request-target)',
    'host',
    'capability-invocation',
    'content-type',
    'digest',
  ].map((name): Case => ({
    title: `R5 ${name} is not signed`,
    request: withDraft(({signedHeaders}) => ({signedHeaders: signedHeaders.filter((n) => n !== name)})),
    refusal: forbidden('unsigned-header', `${name} was not a signed header.`),
  })),
  ...(
    [
      ['a name twice', (names) => [...names, 'host'], NOT_WELL_FORMED],
      ['names in upper case', (names) => names.map((name) => name.toUpperCase()), NOT_WELL_FORMED],
      ['33 names', (names) => [...names, ...Array.from({length: 25}, (_, i) => `x-${i}`)], NOT_WELL_FORMED],
      ['an empty name', (names) => [...names, ''], NOT_WELL_FORMED],
      [
        'a header that is not there',
        (names) => [...names, 'x-none'],
        malformed('A signed header was not in the request.'),
      ],
      [
        'an unknown pseudo-header',
        (names) => [...names, '(algorithm)'],
        malformed('A signed header was not in the request.'),
      ],
    ] satisfies readonly [string, (names: readonly string[]) => readonly string[], Refusal][]
  ).map(([name, change, refusal]): Case => ({
    title: `R5 signed headers: ${name}`,
    request: withDraft(({signedHeaders}) => ({signedHeaders: change(signedHeaders)})),
    refusal,
  })),
];

const LINES: readonly Case[] = [
  {
    title: 'R5 a signed header in two lines',
    request: (s) =>
      s.signing({
        overrides: ({signedHeaders, headers}) => ({
          signedHeaders: [...signedHeaders, 'accept'],
          headers: [...headers, ['Accept', 'text/html']],
        }),
      }),
    refusal: malformed('A signed header was given twice.'),
  },
  ...['created', 'expires', 'keyid', 'algorithm'].map((name): Case => ({
    title: `R5 a signed header of the name ${name}`,
    request: (s) =>
      s.signing({
        overrides: ({signedHeaders}) => ({
          signedHeaders: [...signedHeaders, name],
          headers: [[name, name === 'keyid' ? s.alice.keyId : '1700000000']],
        }),
      }),
    refusal: malformed('A signed header has the name of a signature parameter.'),
  })),
];

describe('hostile: HTTP signature', () => {
  const scene = useScene();
  itRefuses(scene, [...FORMATS, ...NUMBERS, ...TIMES, ...SIGNED_HEADERS, ...LINES], {twin: signing});

  it('R2 no Authorization', async () => {
    await scene().refused(withoutHeader(scene().signing(), 'authorization'), NOT_WELL_FORMED);
    await scene().accepted(scene().signing());
  });
});
