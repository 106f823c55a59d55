import {itRefuses, useScene, type Case} from './support/cases.ts';
import {delegated, set, tampered, type Change, type TamperedRow} from './support/delegations.ts';
import {forbidden, type Refusal} from './support/refusal.ts';

const shape = (says: string) => forbidden('capability-shape', says);
const UNKNOWN_MEMBER = shape('The capability has a member that is not allowed.');
const CONTEXT = shape('The "@context" of the capability is not an allowed one.');
const ID = shape('The "id" of the capability must be an absolute URI.');
const CONTROLLER = shape(
  'The "controller" of the capability must be one to ten DIDs or verification methods.',
);
const TARGET = shape('The "invocationTarget" of the capability must be an https URL.');
const ACTION = shape('If present, "allowedAction" must be a non-empty string or a non-empty array of them.');
const EXPIRES = shape('Delegated capability must have a valid expires date.');

type Row = readonly [title: string, change: Change, refusal: Refusal];

const MEMBERS: readonly Row[] = [
  ['R16 a caveat', set({caveat: [{type: 'ValidUntil'}]}), UNKNOWN_MEMBER],
  ['R16 an invoker', set({invoker: 'did:key:z6Mk'}), UNKNOWN_MEMBER],
  ['R16 a delegator', set({delegator: 'did:key:z6Mk'}), UNKNOWN_MEMBER],
  ['R16 an unknown member', set({surprise: true}), UNKNOWN_MEMBER],
  ['R16 a type', set({type: 'ZCap'}), UNKNOWN_MEMBER],
  ...['controller', 'parentCapability', 'invocationTarget', 'expires'].map((name): Row => [
    `R16 no ${name}`,
    set({[name]: undefined}),
    shape(`The capability must have the member "${name}".`),
  ]),
  [
    'R17 one context alone',
    set({'@context': 'https://w3id.org/zcap/v1'}),
    shape('A delegated capability must have an "@context" array.'),
  ],
  ['R17 only the first context', set({'@context': ['https://w3id.org/zcap/v1']}), CONTEXT],
  [
    'R17 the contexts in another order',
    ({document, ...d}) => ({
      ...d,
      document: {...document, '@context': (document['@context'] as string[]).toReversed()},
    }),
    CONTEXT,
  ],
  [
    'R17 an inline context',
    set({'@context': ['https://w3id.org/zcap/v1', {sign: 'https://w3id.org/security#read'}]}),
    CONTEXT,
  ],
  [
    'R17 a context twice',
    ({document, ...d}) => ({
      ...d,
      document: {
        ...document,
        '@context': [
          ...(document['@context'] as string[]),
          'https://w3id.org/security/suites/ed25519-2020/v1',
        ],
      },
    }),
    CONTEXT,
  ],
  ['R18 a relative id', set({id: 'not-absolute'}), ID],
  ['R18 an id with a space', set({id: 'urn:uuid:a b'}), ID],
  ['R18 an id with a line end', set({id: 'urn:uuid:a\n'}), ID],
  ['R18 an id of 1025 characters', set({id: `urn:x:${'a'.repeat(1019)}`}), ID],
  [
    'R18 the id of a root',
    set({id: 'urn:zcap:root:x'}),
    shape('A delegated capability must not have the id of a root capability.'),
  ],
  ['R19 no controller in an array', set({controller: []}), CONTROLLER],
  [
    'R19 11 controllers',
    (d, s) => set({controller: Array.from({length: 11}, () => s.alice.did)})(d, s),
    CONTROLLER,
  ],
  ['R19 a controller that is a URL', set({controller: 'https://example.com/'}), CONTROLLER],
  ['R19 a controller that is an object', (d, s) => set({controller: {id: s.alice.did}})(d, s), CONTROLLER],
  ['R19 a controller that is null', set({controller: null}), CONTROLLER],
  ['R19 a controller with a query', set({controller: 'did:example:a?b=c'}), CONTROLLER],
  [
    'R20 an http target',
    (d, s) => set({invocationTarget: s.keys.ed25519.replace('https', 'http')})(d, s),
    TARGET,
  ],
  ['R20 targets in an array', (d, s) => set({invocationTarget: [s.keys.ed25519]})(d, s), TARGET],
  ['R20 a target that is an object', (d, s) => set({invocationTarget: {id: s.keys.ed25519}})(d, s), TARGET],
  ['R21 an empty action', set({allowedAction: ''}), ACTION],
  ['R21 no action in an array', set({allowedAction: []}), ACTION],
  ['R21 an empty action in an array', set({allowedAction: ['sign', '']}), ACTION],
  ['R21 an action that is null', set({allowedAction: null}), ACTION],
  ['R21 an action that is an object', set({allowedAction: {sign: true}}), ACTION],
  ['R21 an action that is a number', set({allowedAction: [1]}), ACTION],
  ['R21 33 actions', set({allowedAction: Array.from({length: 33}, (_, i) => `a${i}`)}), ACTION],
  ['R21 an action of 129 characters', set({allowedAction: ['sign', 'a'.repeat(129)]}), ACTION],
  ...[
    '2999-01-01',
    '2999-01-01T00:00:00',
    '2999-02-30T00:00:00Z',
    '2999-13-01T00:00:00Z',
    '2999-01-01T24:00:00Z',
    '2999-01-01T00:00:60Z',
    '2999-01-01t00:00:00z',
    '2999-01-01T00:00:00+15:00',
    '+002999-01-01T00:00:00Z',
    'Tue, 01 Jan 2999 00:00:00 GMT',
    '32503680000',
    '',
  ].map((expires): Row => [`R22 expires ${JSON.stringify(expires)}`, set({expires}), EXPIRES]),
  ['R22 expires as a number', set({expires: 32_503_680_000}), EXPIRES],
  ['R22 two expiries', set({expires: ['2999-01-01T00:00:00Z', '2000-01-01T00:00:00Z']}), EXPIRES],
];

/** What nobody can sign, since it has no canonical form. */
const UNSIGNABLE: readonly TamperedRow[] = [
  [
    'R16 no @context',
    (c) => ({...c, '@context': undefined}),
    shape('The capability must have the member "@context".'),
  ],
  ['R16 no id', (c) => ({...c, id: undefined}), shape('The capability must have the member "id".')],
  [
    'R17 an array of contexts',
    (c) => ({
      ...c,
      '@context': ['https://w3id.org/zcap/v1', ['https://w3id.org/security/suites/ed25519-2020/v1']],
    }),
    CONTEXT,
  ],
  ['R17 null as context', (c) => ({...c, '@context': ['https://w3id.org/zcap/v1', null]}), CONTEXT],
  [
    'R17 a context that is fetched',
    (c, s) => ({...c, '@context': ['https://w3id.org/zcap/v1', `${s.server.baseUrl}/context`]}),
    CONTEXT,
  ],
  ['R18 an id that is a number', (c) => ({...c, id: 1}), ID],
];

describe('hostile: delegated capability', () => {
  const scene = useScene();
  const cases = MEMBERS.map(([title, change, refusal]): Case => ({
    title,
    request: delegated(change),
    refusal,
  }));
  const unsignable = UNSIGNABLE.map(([title, change, refusal]): Case => ({
    title,
    request: tampered(change),
    refusal,
  }));
  itRefuses(scene, [...cases, ...unsignable], {twin: delegated()});
});
