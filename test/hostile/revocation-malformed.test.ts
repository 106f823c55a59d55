import type {Capability} from '../support/delegate.ts';
import {withHeader, withoutHeader} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, invalid, malformed, NO_ROUTE, unproven, type Refusal} from './support/refusal.ts';

const OTHER_ID = malformed('The id of the capability is not the one in the URL.');
const NOT_CANONICAL = malformed('The request target is not canonical.');
const UNSIGNED = unproven('Invalid signature');

const revoking = async (s: HostileScene) => s.revoking(await s.delegation({controller: s.alice}));

/** A delegation to alice, changed after it was signed; she revokes it. */
function changed(change: (capability: Capability, s: HostileScene) => object) {
  return async (s: HostileScene) => {
    const capability = await s.delegation({controller: s.alice});
    return s.revoking(capability, {signer: s.alice, json: change(capability, s)});
  };
}

/** The revocation's URL written otherwise; signed like that. */
function at(change: (target: string) => string) {
  return async (s: HostileScene) => {
    const capability = await s.delegation({controller: s.alice, id: 'urn:x:a/b'});
    return s.revoking(capability, {overrides: ({target}) => ({target: change(target)})});
  };
}

const BODIES: readonly Case[] = (
  [
    ['R39 an id other than the URL says', (c) => ({...c, id: `${c.id}0`}), OTHER_ID],
    ["R39 another's id, in the body only", (c) => ({...c, id: 'urn:uuid:0'}), OTHER_ID],
    [
      'R39 no id',
      (c) => ({...c, id: undefined}),
      invalid('delegatedZcap', " should have required property 'id'"),
    ],
    [
      'R39 an empty id',
      (c) => ({...c, id: ''}),
      invalid('delegatedZcap', '.id should NOT be shorter than 1 characters'),
    ],
    [
      'R39 an id that is an array',
      (c) => ({...c, id: [c.id]}),
      invalid('delegatedZcap', '.id should be string'),
    ],
    ['R39 null', () => null as unknown as object, invalid('delegatedZcap', ' should be object')],
    ['R39 an array of capabilities', (c) => [c], invalid('delegatedZcap', ' should be object')],
    [
      'R39 only the id',
      ({id}) => ({id}),
      invalid(
        'delegatedZcap',
        ...['@context', 'controller', 'parentCapability', 'invocationTarget', 'expires', 'proof'].map(
          (name) => ` should have required property '${name}'`,
        ),
      ),
    ],
    [
      'R39 an unknown member',
      (c) => ({...c, caveat: []}),
      invalid('delegatedZcap', ' should NOT have additional properties'),
    ],
    [
      'R39 a proof that is an array',
      (c) => ({...c, proof: [c.proof]}),
      invalid('delegatedZcap', '.proof should be object'),
    ],
    ['R43 a tampered target', (c, s) => ({...c, invocationTarget: s.keystore}), UNSIGNED],
    ['R43 a tampered controller', (c, s) => ({...c, controller: [s.alice.did, s.bob.did]}), UNSIGNED],
    [
      'R43 a tampered proof',
      (c) => ({...c, proof: {...c.proof, proofValue: `z${'3'.repeat(87)}`}}),
      UNSIGNED,
    ],
    [
      'R43 a chain of nothing',
      (c) => ({...c, proof: {...c.proof, capabilityChain: []}}),
      forbidden(
        'chain-structure',
        'The last entry of the capability chain does not match the parent capability.',
      ),
    ],
  ] satisfies readonly [string, (capability: Capability, s: HostileScene) => object, Refusal][]
).map(([title, change, refusal]) => ({title, request: changed(change), refusal}));

const TARGETS: readonly Case[] = (
  [
    [
      'R31 escapes in lower case',
      (t) => t.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
      NOT_CANONICAL,
    ],
    ['R31 a slash not escaped', (t) => t.replace('%2F', '/'), NO_ROUTE],
    ['R31 a colon not escaped', (t) => t.replaceAll('%3A', ':'), NO_ROUTE],
    ['R31 a letter escaped', (t) => t.replace('urn', '%75rn'), NOT_CANONICAL],
    ['R31 a broken escape', (t) => `${t}%`, NOT_CANONICAL],
    ['R31 an escape that is no UTF-8', (t) => `${t}%FF`, NOT_CANONICAL],
    ['R39 escaped twice', (t) => t.replaceAll('%', '%25'), OTHER_ID],
    ['R39 a trailing dot', (t) => `${t}.`, OTHER_ID],
    ['R31 a query', (t) => `${t}?a=b`, invalid('query', ' should NOT have additional properties')],
  ] satisfies readonly [string, (target: string) => string, Refusal][]
).map(([title, change, refusal]) => ({title, request: at(change), refusal}));

const VALIDATION_FIRST: readonly Case[] = [
  {
    title: '§8 a body without shape is told of without Authorization too',
    request: async (s) =>
      withoutHeader(s.revoking(await s.delegation({controller: s.alice}), {json: {}}), 'authorization'),
    refusal: invalid(
      'delegatedZcap',
      ...['@context', 'id', 'controller', 'parentCapability', 'invocationTarget', 'expires', 'proof'].map(
        (name) => ` should have required property '${name}'`,
      ),
    ),
  },
  {
    title: '§8 a good body without Authorization',
    request: async (s) => withoutHeader(await revoking(s), 'authorization'),
    refusal: malformed('The "authorization" header is missing or is not a well-formed HTTP signature.'),
  },
  {
    title: '§8 a good body with a wrong Host',
    request: async (s) => withHeader(await revoking(s), 'host', 'evil.example'),
    refusal: forbidden('host', 'Host header contains an unexpected host name.'),
  },
];

describe('hostile: revocation, malformed', () => {
  itRefuses(useScene(), [...BODIES, ...TARGETS, ...VALIDATION_FIRST], {twin: revoking, success: 204});
});
