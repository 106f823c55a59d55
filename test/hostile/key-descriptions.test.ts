import {expect} from 'chai';
import {withBody, withHeader, type WireRequest} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {
  forbidden,
  invalid,
  malformed,
  NO_KEY,
  NO_ROUTE,
  WRONG_ADDRESS,
  type Refusal,
} from './support/refusal.ts';

const VERSION = invalid('getKeyQuery', '.version should match pattern "^[1-9][0-9]{0,8}$"');
const NO_QUERY = invalid('query', ' should NOT have additional properties');
const NOT_CANONICAL = malformed('The request target is not canonical.');
const NO_VERSION: Refusal = {...NO_KEY, says: 'Key version not found.'};
const read = (s: HostileScene, query: string) => s.reading({url: `${s.keys.ed25519}${query}`});

const QUERIES: readonly Case[] = (
  [
    ['?version=2', NO_VERSION],
    ['?version=999999999', NO_VERSION],
    ...[
      '0',
      '-1',
      '01',
      '1.0',
      '1e0',
      '+1',
      '%201',
      '0x1',
      '1%00',
      '',
      '1,2',
      'latest',
      '9999999999',
      '%EF%BC%91',
    ].map((version) => [`?version=${version}`, VERSION] as const),
    ['?version=1&version=1', NOT_CANONICAL],
    ['?version=1&%76ersion=2', NOT_CANONICAL],
    ['?version=1&', NOT_CANONICAL],
    ['?version', malformed('The query must consist of name=value pairs.')],
    ['?Version=1', invalid('getKeyQuery', ' should NOT have additional properties')],
    ['?version=1&limit=1', invalid('getKeyQuery', ' should NOT have additional properties')],
    ['?version[]=1', NOT_CANONICAL],
    ['?__proto__=1', invalid('getKeyQuery', ' should NOT have additional properties')],
  ] satisfies readonly (readonly [string, Refusal])[]
).map(([query, refusal]) => ({
  title: `a key's description with ${query}`,
  request: (s) => read(s, query),
  refusal,
}));

const ELSEWHERE: readonly Case[] = [
  {
    title: 'R36 an operation with ?version=1',
    request: (s) => s.signing({overrides: ({target}) => ({target: `${target}?version=1`})}),
    refusal: NO_QUERY,
  },
  {
    title: 'a keystore with ?version=1',
    request: (s) => s.reading({url: `${s.keystore}?version=1`}),
    refusal: NO_QUERY,
  },
  {
    title: 'R31 ?version=1 by a capability for ?version=2',
    request: async (s) => {
      const invocationTarget = `${s.keys.ed25519}?version=2`;
      const capability = await s.delegation({controller: s.alice, invocationTarget, allowedAction: ['read']});
      return s.reading({url: `${s.keys.ed25519}?version=1`, signer: s.alice, capability});
    },
    refusal: forbidden('target', 'Invocation target does not match capability target.'),
  },
  {
    title: "R6 a read's signature on a POST",
    request: (s) => ({...s.reading({url: `${s.keystore}/keys`}), method: 'POST'}),
    refusal: malformed('The JSON cannot be parsed.'),
  },
  {
    title: "R6 a read's signature on a POST with a body",
    request: (s) =>
      withHeader(
        withBody({...s.reading({url: `${s.keystore}/keys`}), method: 'POST'}, s.generating().body ?? ''),
        'content-type',
        'application/json',
      ),
    refusal: forbidden('unsigned-header', 'content-type was not a signed header.'),
  },
  {
    title: "R6 a description's signature on a use of the key",
    request: (s) => {
      const [operation, reading] = [s.signing(), s.reading({url: s.keys.ed25519})];
      const signature = reading.headers.find(([name]) => name === 'authorization')?.[1] ?? '';
      return withHeader(operation, 'authorization', signature);
    },
    refusal: forbidden('unsigned-header', 'content-type was not a signed header.'),
  },
];

describe('hostile: key descriptions', () => {
  const scene = useScene();
  itRefuses(scene, [...QUERIES, ...ELSEWHERE], {twin: (s) => read(s, '?version=1')});
});

describe('hostile: key descriptions that are public', () => {
  const scene = useScene({WEBKMS_KEY_DESCRIPTIONS: 'public'});
  const asking = (s: HostileScene, url: string, host = s.server.host): WireRequest => ({
    method: 'GET',
    target: url.slice(s.server.baseUrl.length),
    headers: [['host', host]],
  });

  it('are of keys alone: everything else still asks for authority', async () => {
    const s = scene();
    const NO_SIGNATURE = malformed(
      'The "authorization" header is missing or is not a well-formed HTTP signature.',
    );
    await s.accepted(asking(s, s.keys.ed25519));
    for (const url of [s.keystore, `${s.keystore}/keys`, `${s.keystore}/zcaps/revocations`]) {
      await s.refused(asking(s, url), NO_SIGNATURE);
    }
    await s.refused(asking(s, `${s.keystores}?controller=${s.owner.did}`), NO_SIGNATURE);
    await s.refused(asking(s, `${s.keys.ed25519}/`), NO_ROUTE);
  });

  it('hold to host, addresses and what exists', async () => {
    const s = scene();
    const {url, id} = await restricted(s);
    await s.refused(asking(s, url), WRONG_ADDRESS);
    await s.refused(
      asking(s, s.keys.ed25519, 'evil.example'),
      forbidden('host', 'Host header contains an unexpected host name.'),
    );
    const missing = [
      `${s.keystore}/keys/z1BBBBBBBBBBBBBBBBBBBBBBB`,
      `${s.nowhere}/keys/z1BBBBBBBBBBBBBBBBBBBBBBB`,
      s.keys.ed25519.replace(s.keystore, s.foreign.keystore),
    ];
    const answers = [];
    for (const each of missing) answers.push((await s.refused(asking(s, each), NO_KEY)).text);
    expect(new Set(answers).size).to.equal(1);
    for (const [query, refusal] of [
      ['?version=2', NO_VERSION],
      ['?version=0', VERSION],
      ['?a=b', invalid('getKeyQuery', ' should NOT have additional properties')],
    ] as const) {
      await s.refused(asking(s, `${s.keys.ed25519}${query}`), refusal);
    }
    await s.accepted(s.reading({url: id}), 403);
    await s.accepted(asking(s, `${s.keys.ed25519}?version=1`));
  });

  async function restricted(s: HostileScene): Promise<{readonly id: string; readonly url: string}> {
    const {id} = await s.createKeystore(s.owner);
    const url = await s.generateKey({owner: s.owner, keystore: id}, {type: 'Ed25519VerificationKey2020'});
    const update = {id, sequence: 1, controller: s.owner.did, ipAllowList: ['192.0.2.0/24']};
    await s.accepted(s.updating(update));
    return {id, url};
  }
});
