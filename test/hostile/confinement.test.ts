import {mock} from 'node:test';
import {controller} from '../support/did-key.ts';
import {headerOf, rootCapabilityId} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden} from './support/refusal.ts';

const TARGET = forbidden('target', 'Invocation target does not match capability target.');
const ROOT = forbidden('root', 'Actual root capability does not match expected root capability.');
const NOT_DELEGABLE = forbidden('not-delegable', 'Only the root capability itself can be invoked here.');
const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);
const EXPIRED = forbidden('expired', 'The invoked capability has expired.');
const PARTIES = [1, 2, 3].map((index) => controller(`party ${index}`));

const ELSEWHERE: readonly Case[] = [
  {
    title: "R14 keystore A's capability at keystore B",
    request: async (s) =>
      s.signing({url: s.foreign.keys.ed25519, signer: s.alice, capability: await s.chain([s.alice])}),
    refusal: ROOT,
  },
  {
    title: "R14 a capability for A's key from the root of B, by B's owner",
    request: async (s) => {
      const root = {parent: rootCapabilityId(s.foreign.keystore), delegator: s.foreign.owner};
      return s.signing({signer: s.alice, capability: await s.delegation({...root, controller: s.alice})});
    },
    refusal: ROOT,
  },
  {
    title: 'R36 the owner invokes what was delegated to alice',
    request: async (s) => s.signing({capability: await s.chain([s.alice])}),
    refusal: INVOKER,
  },
  {
    title: 'R36 alice invokes what she delegated to bob',
    request: async (s) => s.signing({signer: s.alice, capability: await s.chain([s.alice, s.bob])}),
    refusal: INVOKER,
  },
  {
    title: "R14 a delegation from the key's own root, to read it",
    request: async (s) => {
      const parent = rootCapabilityId(s.keys.ed25519);
      const capability = await s.delegation({parent, controller: s.alice, allowedAction: ['read']});
      return s.reading({url: s.keys.ed25519, signer: s.alice, capability});
    },
    refusal: NOT_DELEGABLE,
    twin: async (s) =>
      s.reading({url: s.keys.ed25519, signer: s.alice, capability: await s.chain([s.alice])}),
  },
  {
    title: 'R24 a delegation from the root of the collection, to create',
    request: async (s) => {
      const parent = rootCapabilityId(s.keystores);
      const target = {invocationTarget: s.keystores, allowedAction: ['write']};
      const capability = await s.delegation({parent, controller: s.alice, ...target});
      return s.creating({signer: s.alice, capability}, s.owner.did);
    },
    refusal: NOT_DELEGABLE,
  },
];

const QUERIES: readonly Case[] = [
  ['?limit=1', '?limit=10'],
  ['?limit=1', ''],
  ['?limit=1', '?cursor=AQAAAAAAAAE&limit=1'],
].map(([allowed = '', asked = '']) => ({
  title: `R31 keys${asked} with a capability for keys${allowed}`,
  request: listing(allowed, asked),
  refusal: TARGET,
  twin: listing(allowed, allowed),
}));

function listing(allowed: string, asked: string) {
  return async (s: HostileScene) => {
    const keys = `${s.keystore}/keys`;
    const target = {invocationTarget: `${keys}${allowed}`, allowedAction: ['read']};
    const capability = await s.delegation({controller: s.alice, ...target});
    return s.reading({url: `${keys}${asked}`, signer: s.alice, capability});
  };
}

describe('hostile: where, by whom and when a capability can be invoked', () => {
  const scene = useScene();
  const good = async (s: HostileScene) => s.signing({signer: s.alice, capability: await s.chain([s.alice])});
  itRefuses(scene, [...ELSEWHERE, ...QUERIES], {twin: good});

  it("R26 a key's own maxCapabilityChainLength", async () => {
    const s = scene();
    const tooLong = (max: number) =>
      forbidden('chain-length', `Maximum zcap invocation capability chain length (${max}) exceeded.`);
    for (const max of [1, 2, 3]) {
      const type = 'Ed25519VerificationKey2020';
      const url = await s.generateKey(s.property, {type, maxCapabilityChainLength: max});
      const holders = PARTIES.slice(0, max);
      const property = {...s.property, keys: {...s.keys, ed25519: url}};
      const capability = await s.chain(holders, {property});
      await s.refused(s.signing({url, signer: holders.at(-1)!, capability}), tooLong(max));
      await s.refused(s.reading({url, signer: holders.at(-1)!, capability}), tooLong(max));
      const [first = s.owner, ...shorter] = [s.owner, ...holders.slice(0, -1)].toReversed();
      const twin = shorter.length === 0 ? {} : {capability: await s.chain(holders.slice(0, -1), {property})};
      await s.accepted(s.signing({url, signer: first, ...twin}));
    }
  });

  it('R34 what was once accepted expires', async () => {
    const s = scene();
    const expires = new Date(Date.now() + 60_000);
    const capability = await s.delegation({controller: s.alice, expires});
    const request = s.signing({signer: s.alice, capability});
    await s.accepted(request);
    const again = () =>
      s.signing({
        signer: s.alice,
        overrides: {capabilityInvocation: headerOf(request, 'capability-invocation')},
      });
    mock.timers.enable({apis: ['Date'], now: Date.now() + 60_000 + 301_000});
    try {
      await s.refused(again(), EXPIRED);
      await s.accepted(await good(s));
    } finally {
      mock.timers.reset();
    }
    await s.accepted(again());
  });
});
