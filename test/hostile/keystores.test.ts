import {expect} from 'chai';
import {withHeader, withoutHeader} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, invalid, malformed, type Refusal} from './support/refusal.ts';

const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);
const shape = (...issues: readonly string[]) => invalid('postKeystoreBody', ...issues);
const DID = '^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$';
const notDid = (path: string) => shape(`${path} should match pattern "${DID}"`);
const SEQUENCE = shape('.sequence should be equal to constant');
const CIDR = '.ipAllowList[0] should match pattern "^[0-9A-Fa-f.:]{2,45}/(0|[1-9][0-9]{0,2})$"';

type Config = Record<string, unknown>;

function config(change: (config: Config, s: HostileScene) => unknown) {
  return (s: HostileScene) => s.creating({json: change({sequence: 0, controller: s.owner.did}, s)});
}

const CONFIGS: readonly Case[] = (
  [
    ...[1, -1, 0.5, 2 ** 53, 1e300, '0', null, true, [0], {}].map(
      (sequence) =>
        [`sequence ${JSON.stringify(sequence)}`, (c: Config) => ({...c, sequence}), SEQUENCE] as const,
    ),
    ['no sequence', (c) => ({...c, sequence: undefined}), shape(" should have required property 'sequence'")],
    [
      'no controller',
      (c) => ({...c, controller: undefined}),
      shape(" should have required property 'controller'"),
    ],
    [
      'a controller that is no DID',
      (c) => ({...c, controller: 'https://example.com/'}),
      notDid('.controller'),
    ],
    ['a controller that is a DID URL', (c, s) => ({...c, controller: s.owner.keyId}), notDid('.controller')],
    [
      'a controller with a line end',
      (c, s) => ({...c, controller: `${s.owner.did}\n`}),
      notDid('.controller'),
    ],
    [
      'a controller of 3 KB',
      (c) => ({...c, controller: `did:example:${'a'.repeat(3000)}`}),
      shape('.controller should NOT be longer than 2048 characters'),
    ],
    [
      'a controller that is null',
      (c) => ({...c, controller: null}),
      shape('.controller should be string,array'),
    ],
    [
      'a controller that is an object',
      (c, s) => ({...c, controller: {id: s.owner.did}}),
      shape('.controller should be string,array'),
    ],
    [
      'no controllers in an array',
      (c) => ({...c, controller: []}),
      shape('.controller should NOT have fewer than 1 items'),
    ],
    [
      '11 controllers',
      (c) => ({...c, controller: Array.from({length: 11}, (_, i) => `did:example:${i}`)}),
      shape('.controller should NOT have more than 10 items'),
    ],
    [
      'a controller twice',
      (c, s) => ({...c, controller: [s.owner.did, s.owner.did]}),
      shape('.controller should NOT have duplicate items (items ## 1 and 0 are identical)'),
    ],
    [
      'controllers in an array in an array',
      (c, s) => ({...c, controller: [[s.owner.did]]}),
      shape('.controller[0] should be string'),
    ],
    [
      'one controller that is no DID',
      (c, s) => ({...c, controller: [s.owner.did, 'bob']}),
      notDid('.controller[1]'),
    ],
    ['an id', (c, s) => ({...c, id: s.keystore}), shape(' should NOT have additional properties')],
    ['an unknown member', (c) => ({...c, admin: true}), shape(' should NOT have additional properties')],
    [
      'an empty kmsModule',
      (c) => ({...c, kmsModule: ''}),
      shape('.kmsModule should NOT be shorter than 1 characters'),
    ],
    ...['other', 'constructor', '__proto__', 'software\0'].map(
      (kmsModule) =>
        [
          `kmsModule ${JSON.stringify(kmsModule)}`,
          (c: Config) => ({...c, kmsModule}),
          malformed('The "kmsModule" is not one that this server offers.'),
        ] as const,
    ),
    [
      'an empty meterId',
      (c) => ({...c, meterId: ''}),
      shape('.meterId should NOT be shorter than 1 characters'),
    ],
    [
      'a meterId with U+0000, which not every store can keep',
      (c) => ({...c, meterId: 'a\0'}),
      shape('.meterId should match pattern "^[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*$"'),
    ],
    [
      'a meterId of 2 KB',
      (c) => ({...c, meterId: 'a'.repeat(2048)}),
      shape('.meterId should NOT be longer than 1024 characters'),
    ],
    [
      'no addresses',
      (c) => ({...c, ipAllowList: []}),
      shape('.ipAllowList should NOT have fewer than 1 items'),
    ],
    [
      '101 addresses',
      (c) => ({...c, ipAllowList: Array.from({length: 101}, (_, i) => `10.0.${i}.0/24`)}),
      shape('.ipAllowList should NOT have more than 100 items'),
    ],
    [
      'addresses as a string',
      (c) => ({...c, ipAllowList: '127.0.0.1/32'}),
      shape('.ipAllowList should be array'),
    ],
    ...[
      '127.0.0.1',
      '127.0.0.1/33',
      '127.0.0.1/-1',
      '127.0.0.1/032',
      '0177.0.0.1/32',
      '127.1/32',
      '::1/129',
      '::ffff:127.0.0.1/128',
      'fe80::1%eth0/64',
      '999.0.0.1/8',
      'localhost/8',
    ].map((cidr) => [`address ${cidr}`, (c: Config) => ({...c, ipAllowList: [cidr]}), shape(CIDR)] as const),
    ['null', () => null, shape(' should be object')],
    ['an array', (c) => [c], shape(' should be object')],
    ['a string', () => 'config', shape(' should be object')],
  ] satisfies readonly (readonly [string, (config: Config, s: HostileScene) => unknown, Refusal])[]
).map(([name, change, refusal]) => ({title: `a keystore with ${name}`, request: config(change), refusal}));

const OTHERS: readonly Case[] = [
  {
    title: "R24 a keystore in somebody else's name",
    request: (s) => s.creating({signer: s.stranger}, s.owner.did),
    refusal: INVOKER,
  },
  {
    title: 'R24 a keystore for others',
    request: (s) =>
      s.creating({signer: s.stranger, json: {sequence: 0, controller: [s.owner.did, s.alice.did]}}),
    refusal: INVOKER,
  },
  {
    title: 'R14 a keystore by the root of another',
    request: (s) => s.creating({capability: `urn:zcap:root:${encodeURIComponent(s.keystore)}`}),
    refusal: forbidden('root', 'Actual root capability does not match expected root capability.'),
  },
  {
    title: 'R36 a keystore by the right to read',
    request: (s) => s.creating({action: 'read'}),
    refusal: forbidden('action', 'The capability action does not match the expected action of "write".'),
  },
  {
    title: 'R31 a query',
    request: (s) => s.creating({overrides: ({target}) => ({target: `${target}?admin=true`})}),
    refusal: invalid('query', ' should NOT have additional properties'),
  },
  {
    title: '§8 a body without shape is told of without Authorization too',
    request: (s) => withoutHeader(s.creating({json: {}}), 'authorization'),
    refusal: shape(
      " should have required property 'controller'",
      " should have required property 'sequence'",
    ),
  },
  {
    title: '§8 a good body without Authorization',
    request: (s) => withoutHeader(s.creating(), 'authorization'),
    refusal: malformed('The "authorization" header is missing or is not a well-formed HTTP signature.'),
  },
  {
    title: '§8 a good body with a wrong Host',
    request: (s) => withHeader(s.creating(), 'host', 'evil.example'),
    refusal: forbidden('host', 'Host header contains an unexpected host name.'),
  },
];

describe('hostile: new keystores', () => {
  const scene = useScene();
  itRefuses(scene, [...CONFIGS, ...OTHERS], {twin: (s) => s.creating(), success: 201});

  for (const [name, sequence] of [
    ['-0', '-0'],
    ['0.0', '0.0'],
    ['0e0', '0e0'],
    ['-0e+5', '-0e+5'],
  ] as const) {
    it(`a keystore with sequence ${name} is one with sequence 0`, async () => {
      const s = scene();
      const body = JSON.stringify({sequence: 0, controller: s.owner.did}).replace(':0', `:${sequence}`);
      const {text: reply, json: created} = await s.accepted(s.creating({body}), 201);
      expect(reply).to.include('"sequence":0,');
      const {json: read} = await s.accepted(s.reading({url: (created as {id: string}).id}));
      expect(read).to.deep.equal({...(created as object), sequence: 0});
    });
  }
});
