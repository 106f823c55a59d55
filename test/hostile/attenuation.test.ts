import type {DelegateOptions} from '../support/delegate.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, type Refusal} from './support/refusal.ts';

const wider = (name: string) =>
  forbidden(
    'attenuation',
    `The ${name} in a delegated capability must not be less restrictive than its parent.`,
  );
const WIDER_ACTION = wider('"allowedAction"');
const WIDER_TARGET = wider('"invocationTarget"');
const WIDER_EXPIRY = wider('`expires` property');
const TARGET = forbidden('target', 'Invocation target does not match capability target.');
const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);
const DELEGATOR = forbidden(
  'delegator',
  'The capability controller does not match the verification method (or its controller) used to delegate.',
);
const TTL = forbidden(
  'delegation-ttl',
  'A delegated capability in the delegation chain has a time to live that is too long.',
);
const EXPIRED = forbidden('expired', 'The invoked capability has expired.');
const EXPIRED_PARENT = forbidden('expired', 'A capability in the delegation chain has expired.');
const BEFORE_PARENT = forbidden(
  'attenuation',
  'A capability in the delegation chain was delegated before its parent.',
);
const FUTURE = forbidden(
  'not-yet-valid',
  'A delegated capability in the delegation chain was delegated in the future.',
);
const INVERTED = forbidden('expiry', 'A capability was delegated after it expires.');

const DAY_MS = 86_400_000;
const at = (ms: number) => new Date(Date.now() + ms);
const inAnHour = (rest: string) => at(3600_000).toISOString().slice(0, 19) + rest;
type Link = Partial<Omit<DelegateOptions, 'parent'>>;

/** Owner → alice → bob, each link as given; bob signs with the key. */
function chain(first: (s: HostileScene) => Link, second: (s: HostileScene) => Link = () => ({})) {
  return async (s: HostileScene) => {
    const parent = await s.delegation({controller: s.alice, ...first(s)});
    const capability = await s.delegation({parent, delegator: s.alice, controller: s.bob, ...second(s)});
    return s.signing({signer: s.bob, capability});
  };
}

/** The owner's delegation to alice, who signs with the key. */
function single(link: (s: HostileScene) => Link = () => ({})) {
  return async (s: HostileScene) =>
    s.signing({signer: s.alice, capability: await s.delegation({controller: s.alice, ...link(s)})});
}

const CHAINS: readonly Case[] = (
  [
    ['R30 one action more', () => ({}), () => ({allowedAction: ['sign', 'verify']}), WIDER_ACTION],
    [
      'R30 another action',
      () => ({allowedAction: ['verify']}),
      () => ({allowedAction: ['sign']}),
      WIDER_ACTION,
    ],
    ['R30 the action in capitals', () => ({}), () => ({allowedAction: ['Sign']}), WIDER_ACTION],
    ['R30 no action named', () => ({}), () => ({allowedAction: null}), WIDER_ACTION],
    [
      'R30 no action named under a string',
      () => ({allowedAction: 'sign'}),
      () => ({allowedAction: null}),
      WIDER_ACTION,
    ],
    ['R31 the keystore under a key', () => ({}), (s) => ({invocationTarget: s.keystore}), WIDER_TARGET],
    ['R31 another key', () => ({}), (s) => ({invocationTarget: s.keys.second}), WIDER_TARGET],
    [
      'R31 a look-alike prefix',
      () => ({}),
      (s) => ({invocationTarget: `${s.keys.ed25519}evil`}),
      WIDER_TARGET,
    ],
    [
      'R31 a target cut short',
      () => ({}),
      (s) => ({invocationTarget: s.keys.ed25519.slice(0, -1)}),
      WIDER_TARGET,
    ],
    [
      'R31 another host',
      () => ({}),
      (s) => ({invocationTarget: s.keys.ed25519.replace('localhost', 'localhost.evil.example')}),
      WIDER_TARGET,
    ],
    [
      'R31 beside a query',
      (s) => ({invocationTarget: `${s.keys.ed25519}?a=b`}),
      (s) => ({invocationTarget: `${s.keys.ed25519}?a=bc`}),
      WIDER_TARGET,
    ],
    ['R33 a second longer', () => ({expires: at(60_000)}), () => ({expires: at(62_000)}), WIDER_EXPIRY],
    [
      'R33 a millisecond longer',
      () => ({expires: inAnHour('.001Z')}),
      () => ({expires: inAnHour('.002Z')}),
      WIDER_EXPIRY,
    ],
    [
      'R33 longer by its zone',
      () => ({expires: inAnHour('Z')}),
      () => ({expires: inAnHour('-01:00')}),
      WIDER_EXPIRY,
    ],
    [
      'R33 an expired parent with a live child',
      () => ({created: at(-DAY_MS), expires: at(-3600_000)}),
      () => ({expires: at(3600_000)}),
      WIDER_EXPIRY,
    ],
    [
      'R33 created before its parent',
      () => ({created: at(-60_000)}),
      () => ({created: at(-120_000)}),
      BEFORE_PARENT,
    ],
    [
      'R34 an expired parent and child',
      () => ({created: at(-DAY_MS), expires: at(-3600_000)}),
      () => ({}),
      EXPIRED_PARENT,
    ],
    ['R34 an expired child', () => ({created: at(-DAY_MS)}), () => ({expires: at(-400_000)}), EXPIRED],
    ['R35 a parent of 91 days', () => ({expires: at(91 * DAY_MS)}), () => ({expires: at(DAY_MS)}), TTL],
  ] satisfies readonly [string, (s: HostileScene) => Link, (s: HostileScene) => Link, Refusal][]
).map(([title, first, second, refusal]) => ({title, request: chain(first, second), refusal}));

const SINGLES: readonly Case[] = (
  [
    ['R34 expired', () => ({created: at(-DAY_MS), expires: at(-400_000)}), EXPIRED],
    ['R34 delegated in the future', () => ({created: at(400_000)}), FUTURE],
    ['R34 delegated after it expires', () => ({created: at(60_000), expires: at(30_000)}), INVERTED],
    ['R35 91 days', () => ({expires: at(91 * DAY_MS)}), TTL],
    ['R35 1000 years', () => ({expires: '3026-01-01T00:00:00Z'}), TTL],
    ["R31 key-1's capability at key-2", (s) => ({invocationTarget: s.keys.second}), TARGET],
    ['R31 a look-alike prefix', (s) => ({invocationTarget: s.keys.ed25519.slice(0, -1)}), TARGET],
    ['R31 the keystore with a trailing slash', (s) => ({invocationTarget: `${s.keystore}/`}), TARGET],
    ['R31 the key with a query', (s) => ({invocationTarget: `${s.keys.ed25519}?version=1`}), TARGET],
    [
      'R31 dot segments',
      (s) => ({invocationTarget: `${s.keys.second}/../${s.keys.ed25519.slice(-25)}`}),
      TARGET,
    ],
    ['R31 only its revocations', (s) => ({invocationTarget: `${s.keystore}/zcaps/revocations`}), TARGET],
    ['R31 all keystores', (s) => ({invocationTarget: s.keystores}), WIDER_TARGET],
    [
      "R31 a key in somebody else's keystore",
      (s) => ({invocationTarget: s.foreign.keys.ed25519}),
      WIDER_TARGET,
    ],
    ['R30 for verify alone', () => ({allowedAction: 'verify'}), notAllowed('sign')],
    ['R30 for a prefix of the action', () => ({allowedAction: ['sig', 'signX', 'Sign']}), notAllowed('sign')],
    ['R36 made out to somebody else', (s) => ({controller: s.bob}), INVOKER],
    ["R36 made out to another method of alice's", (s) => ({controller: `${s.alice.did}#key-1`}), INVOKER],
    ['R36 made out to ten others', (s) => ({controller: Array.from({length: 10}, () => s.bob.did)}), INVOKER],
    ["R29 by somebody else than the keystore's controller", (s) => ({delegator: s.stranger}), DELEGATOR],
  ] satisfies readonly [string, (s: HostileScene) => Link, Refusal][]
).map(([title, link, refusal]) => ({title, request: single(link), refusal}));

function notAllowed(action: string): Refusal {
  return forbidden('action', `Capability action "${action}" is not allowed by the capability.`);
}

describe('hostile: attenuation', () => {
  const scene = useScene();
  itRefuses(scene, CHAINS, {twin: chain(() => ({}))});
  itRefuses(scene, SINGLES, {twin: single()});

  const ACCEPTED: readonly (readonly [string, (s: HostileScene) => Link])[] = [
    ['expired, within the skew of clocks', () => ({created: at(-DAY_MS), expires: at(-200_000)})],
    ['delegated in the future, within the skew of clocks', () => ({created: at(200_000)})],
    ['of 89 days', () => ({expires: at(89 * DAY_MS)})],
    ['with its one action as a string', () => ({allowedAction: 'sign'})],
    ['for all of the keystore', (s) => ({invocationTarget: s.keystore})],
    ['made out to several', (s) => ({controller: [s.bob.did, s.alice.did]})],
    ["made out to alice's verification method", (s) => ({controller: s.alice.keyId})],
  ];
  for (const [title, link] of ACCEPTED) {
    it(`a capability ${title} is one`, async () => {
      await scene().accepted(await single(link)(scene()));
    });
  }
});
