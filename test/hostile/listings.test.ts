import {expect} from 'chai';
import {rootCapabilityId} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, invalid, malformed, type Refusal} from './support/refusal.ts';

const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);
const CURSOR = malformed('The cursor is not one that this list gave.');
const NOT_CANONICAL = malformed('The request target is not canonical.');
const LIMIT = invalid('getKeystoresQuery', '.limit should match pattern "^([1-9][0-9]{0,2}|1000)$"');
const did = (s: HostileScene) => encodeURIComponent(s.owner.did);

const QUERIES: readonly Case[] = (
  [
    ['no query', () => '', invalid('getKeystoresQuery', " should have required property 'controller'")],
    [
      "R32 a controller twice, the owner's last",
      (own) => `?controller=did%3Akey%3Az6Mk&controller=${own}`,
      NOT_CANONICAL,
    ],
    ['R32 a controller twice, one escaped', (own) => `?controller=${own}&%63ontroller=${own}`, NOT_CANONICAL],
    [
      'R31 an empty controller',
      () => '?controller=',
      invalid('getKeystoresQuery', '.controller should match pattern "^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$"'),
    ],
    [
      'R31 controllers in one',
      (own) => `?controller=${own},did%3Akey%3Az6Mk`,
      invalid('getKeystoresQuery', '.controller should match pattern "^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$"'),
    ],
    [
      'R31 a NUL in the controller',
      (own) => `?controller=${own}%00`,
      invalid('getKeystoresQuery', '.controller should match pattern "^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$"'),
    ],
    ['R31 bytes that are no UTF-8', (own) => `?controller=${own}%ff`, NOT_CANONICAL],
    [
      'an unknown parameter',
      (own) => `?controller=${own}&admin=true`,
      invalid('getKeystoresQuery', ' should NOT have additional properties'),
    ],
    [
      '__proto__',
      (own) => `?controller=${own}&__proto__=x`,
      invalid('getKeystoresQuery', ' should NOT have additional properties'),
    ],
    [
      'constructor',
      (own) => `?controller=${own}&constructor=x`,
      invalid('getKeystoresQuery', ' should NOT have additional properties'),
    ],
    ...['0', '-1', '1001', '1e2', '01', '+1', '1.5', '', 'NaN', '99999999999999999999'].map(
      (limit) =>
        [
          `limit ${JSON.stringify(limit)}`,
          (own: string) => `?controller=${own}&limit=${limit}`,
          LIMIT,
        ] as const,
    ),
    ...[
      'x',
      'AAAAAAAAAAA',
      'AgAAAAAAAAE',
      'AQIAAAAAAAE',
      'AQAAAAAAAAE=',
      'AQAAAAAAAAEAAAA',
      encodeURIComponent('" OR 1=1 --'),
    ].map(
      (cursor) =>
        [`cursor ${cursor}`, (own: string) => `?controller=${own}&cursor=${cursor}`, CURSOR] as const,
    ),
    [
      'a cursor of 1 KB',
      (own) => `?controller=${own}&cursor=${'A'.repeat(1024)}`,
      invalid('getKeystoresQuery', '.cursor should NOT be longer than 512 characters'),
    ],
  ] satisfies readonly (readonly [string, (owner: string) => string, Refusal])[]
).map(([title, query, refusal]) => ({title, request: (s) => s.listing(query(did(s))), refusal}));

const PARTIES: readonly Case[] = [
  {
    title: 'R24 by a stranger',
    request: (s) => s.listing(`?controller=${did(s)}`, {signer: s.stranger}),
    refusal: INVOKER,
  },
  {
    title: 'R24 by the root of a keystore',
    request: (s) => s.listing(`?controller=${did(s)}`, {capability: rootCapabilityId(s.keystore)}),
    refusal: forbidden('root', 'Actual root capability does not match expected root capability.'),
  },
  {
    title: 'R24 by the root of the list itself',
    request: (s) => {
      const url = `${s.keystores}?controller=${did(s)}`;
      return s.reading({url, capability: rootCapabilityId(url)});
    },
    refusal: forbidden('root', 'Actual root capability does not match expected root capability.'),
  },
  {
    title: 'R24 by delegation',
    request: async (s) => {
      const target = {invocationTarget: s.keystores, allowedAction: ['read']};
      const parent = rootCapabilityId(s.keystores);
      const capability = await s.delegation({parent, controller: s.alice, ...target});
      return s.listing(`?controller=${did(s)}`, {signer: s.alice, capability});
    },
    refusal: forbidden('not-delegable', 'Only the root capability itself can be invoked here.'),
  },
  ...['keys', 'zcaps/revocations'].flatMap((path): Case[] => [
    {
      title: `R14 ${path}, by a stranger`,
      request: (s) => s.reading({url: `${s.keystore}/${path}`, signer: s.stranger}),
      refusal: INVOKER,
      twin: (s) => s.reading({url: `${s.keystore}/${path}`}),
    },
    {
      title: `R14 ${path}, by who may sign with a key`,
      request: async (s) =>
        s.reading({url: `${s.keystore}/${path}`, signer: s.alice, capability: await s.chain([s.alice])}),
      refusal: forbidden('target', 'Invocation target does not match capability target.'),
      twin: (s) => s.reading({url: `${s.keystore}/${path}`}),
    },
    {
      title: `${path}, with a cursor of keystores`,
      request: (s) => s.reading({url: `${s.keystore}/${path}?cursor=AQAAAAAAAAE`}),
      refusal: CURSOR,
      twin: (s) =>
        s.reading({url: `${s.keystore}/${path}?cursor=${path === 'keys' ? 'AgAAAAAAAAE' : 'AwAAAAAAAAE'}`}),
    },
  ]),
];

describe('hostile: listings', () => {
  const scene = useScene();
  itRefuses(scene, [...QUERIES, ...PARTIES], {twin: (s) => s.listing(`?controller=${did(s)}&limit=1`)});

  interface Page {
    readonly results: readonly {readonly id: string}[];
    readonly cursor?: string;
  }

  it("R50 keystores in which strangers name a victim come after the victim's own, and pages still work", async () => {
    const s = scene();
    const victim = s.bob;
    const own = [(await s.createKeystore(victim)).id];
    const planted: string[] = [];
    for (let i = 0; i < 25; i++) {
      const config = {controller: [s.stranger.did, victim.did]};
      planted.push((await s.createKeystore(s.stranger, config)).id);
    }
    own.push((await s.createKeystore(victim)).id);
    const {id: handedOver, ...config} = await s.createKeystore(s.stranger);
    const given = {...config, id: handedOver, sequence: 1, controller: victim.did};
    await s.accepted(s.updating(given, {signer: s.stranger}));
    planted.push(handedOver);

    const listed: string[] = [];
    const pages: number[] = [];
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const query = `?controller=${encodeURIComponent(victim.did)}&limit=10${cursor === undefined ? '' : `&cursor=${cursor}`}`;
      const page = (await s.accepted(s.listing(query, {signer: victim}))).json as Page;
      pages.push(page.results.length);
      listed.push(...page.results.map(({id}) => id));
      ({cursor} = page);
    }
    expect(pages).to.deep.equal([10, 10, 8]);
    expect(listed).to.deep.equal([...own, ...planted]);
  });

  it('R50 a keystore that a stranger takes back is not in the list', async () => {
    const s = scene();
    const listed = async () => {
      const query = `?controller=${encodeURIComponent(s.carol.did)}`;
      return ((await s.accepted(s.listing(query, {signer: s.carol}))).json as Page).results.map(({id}) => id);
    };
    const {id} = await s.createKeystore(s.stranger, {controller: [s.stranger.did, s.carol.did]});
    expect(await listed()).to.deep.equal([id]);
    await s.accepted(s.updating({id, sequence: 1, controller: s.stranger.did}, {signer: s.stranger}));
    expect(await listed()).to.deep.equal([]);
  });
});
