import {draftCapability, signCapability} from '../support/delegate.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, malformed, unproven, type Refusal} from './support/refusal.ts';

const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);
const DELEGATOR = forbidden(
  'delegator',
  'The capability controller does not match the verification method (or its controller) used to delegate.',
);
const ROOT = forbidden('root', 'Actual root capability does not match expected root capability.');
const TARGET = forbidden('target', 'Invocation target does not match capability target.');
const UNSIGNED = unproven('Invalid signature');

const revoking = async (s: HostileScene) => s.revoking(await s.delegation({controller: s.alice}));

const PARTIES: readonly Case[] = [
  ...(
    [
      ['a stranger', (s) => ({signer: s.stranger}), INVOKER],
      [
        "a stranger, by the keystore's root",
        (s) => ({signer: s.stranger, capability: rootCapabilityId(s.keystore)}),
        INVOKER,
      ],
      ['a sibling', (s) => ({signer: s.bob}), INVOKER],
      ["another keystore's owner", (s) => ({signer: s.foreign.owner}), INVOKER],
      [
        "another keystore's owner, by that root",
        (s) => ({signer: s.foreign.owner, capability: rootCapabilityId(s.foreign.keystore)}),
        ROOT,
      ],
      [
        'the leaf holder, by the root of the keystore',
        (s) => ({signer: s.alice, capability: rootCapabilityId(s.keystore)}),
        INVOKER,
      ],
      ['the owner, by the root of all keystores', (s) => ({capability: rootCapabilityId(s.keystores)}), ROOT],
      [
        'the owner, by the root of another revocation',
        (s) => ({capability: rootCapabilityId(`${s.keystore}/zcaps/revocations/x`)}),
        ROOT,
      ],
      [
        'the owner, to read',
        () => ({action: 'read'}),
        forbidden('action', 'The capability action does not match the expected action of "write".'),
      ],
    ] satisfies readonly [string, (s: HostileScene) => Parameters<HostileScene['revoking']>[1], Refusal][]
  ).map(([name, change, refusal]): Case => ({
    title: `R40 by ${name}`,
    request: async (s) => s.revoking(await s.delegation({controller: s.alice}), change(s)),
    refusal,
  })),
  ...(
    [
      ['a capability to sign', {}, TARGET],
      ['a capability to write to another revocation', {invocationTarget: '/zcaps/revocations/x'}, TARGET],
      [
        'a capability to read there',
        {invocationTarget: '/zcaps', allowedAction: ['read']},
        forbidden('action', 'Capability action "write" is not allowed by the capability.'),
      ],
    ] as readonly [string, {readonly invocationTarget?: string; readonly allowedAction?: string[]}, Refusal][]
  ).map(([name, {invocationTarget: path, ...link}, refusal]): Case => ({
    title: `R40 by the holder of ${name}`,
    request: async (s) => {
      const target = path === undefined ? {} : {invocationTarget: `${s.keystore}${path}`};
      const capability = await s.delegation({controller: s.bob, ...link, ...target});
      return s.revoking(await s.delegation({controller: s.alice}), {signer: s.bob, capability});
    },
    refusal,
    twin: async (s) => {
      const target = {invocationTarget: `${s.keystore}/zcaps/revocations`, allowedAction: ['write']};
      const capability = await s.delegation({controller: s.bob, ...target});
      return s.revoking(await s.delegation({controller: s.alice}), {signer: s.bob, capability});
    },
  })),
];

/** Capabilities that are really signed, and that could never be invoked here. */
const CAPABILITIES: readonly Case[] = [
  {
    title: "R43 another keystore's capability",
    request: async (s) =>
      s.revoking(await s.chain([s.alice], {property: s.foreign}), {signer: s.foreign.owner}),
    refusal: ROOT,
  },
  {
    title: "R43 a stranger's own delegation, in the owner's name",
    request: async (s) => {
      const draft = draftCapability({
        parent: rootCapabilityId(s.keystore),
        delegator: s.owner,
        controller: s.stranger,
      });
      return s.revoking(await signCapability({...draft, delegator: s.stranger}), {signer: s.stranger});
    },
    refusal: UNSIGNED,
  },
  {
    title: "R43 a stranger's own delegation",
    request: async (s) =>
      s.revoking(await s.delegation({delegator: s.stranger, controller: s.stranger}), {signer: s.stranger}),
    refusal: DELEGATOR,
  },
  {
    title: 'R43 one for a target outside of the keystore',
    request: async (s) =>
      s.revoking(await s.delegation({controller: s.alice, invocationTarget: s.foreign.keystore})),
    refusal: forbidden('target', 'The capability could never be invoked here.'),
  },
  {
    title: 'R43 an expired one',
    request: async (s) => {
      const [created, expires] = [new Date(Date.now() - 3600_000), new Date(Date.now() - 400_000)];
      return s.revoking(await s.delegation({controller: s.alice, created, expires}));
    },
    refusal: malformed('The capability has expired.'),
  },
  {
    title: 'R43 one of a thousand years',
    request: async (s) =>
      s.revoking(await s.delegation({controller: s.alice, expires: '3026-01-01T00:00:00Z'})),
    refusal: forbidden(
      'delegation-ttl',
      'A delegated capability in the delegation chain has a time to live that is too long.',
    ),
  },
  {
    title: 'R24 a root capability',
    request: async (s) => {
      const capability = {...(await s.delegation({controller: s.alice})), id: rootCapabilityId(s.keystore)};
      return s.revoking(capability);
    },
    refusal: malformed('A root capability cannot be revoked.'),
  },
];

describe('hostile: revocation, by whom and of what', () => {
  itRefuses(useScene(), [...PARTIES, ...CAPABILITIES], {twin: revoking, success: 204});
});
