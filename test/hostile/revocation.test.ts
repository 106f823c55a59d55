import {expect} from 'chai';
import type {Capability} from '../support/delegate.ts';
import type {Controller} from '../support/did-key.ts';
import {encodeCapability, rootCapabilityId, type WireRequest} from '../support/signed-request.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden} from './support/refusal.ts';

const REVOKED = forbidden('revoked', 'A capability in the delegation chain has been revoked.');
const INVOKER = forbidden(
  'invoker',
  'The capability controller does not match the verification method (or its controller) used to invoke.',
);

describe('hostile: revocation, its effect', () => {
  const scene = useScene();

  /** Owner → alice → bob → carol, each for all of the keystore. */
  async function family(s: HostileScene) {
    const actions = ['sign', 'read', 'write', 'generateKey'];
    const everything = {invocationTarget: s.keystore, allowedAction: actions};
    const first = await s.delegation({controller: s.alice, ...everything});
    const second = await s.delegation({parent: first, delegator: s.alice, controller: s.bob});
    const third = await s.delegation({parent: second, delegator: s.bob, controller: s.carol});
    const sibling = await s.delegation({parent: first, delegator: s.alice, controller: s.carol});
    return {first, second, third, sibling};
  }

  let seconds = 0;
  /** A revocation that was not signed in the second of another. */
  const later = (s: HostileScene, capability: Capability, signer = s.owner): WireRequest =>
    s.revoking(capability, {
      signer,
      overrides: ({created}) => ({created: String(Number(created) - ++seconds)}),
    });

  const everyRoute = (s: HostileScene, capability: Capability, signer: Controller): WireRequest[] => [
    s.signing({signer, capability}),
    s.reading({signer, capability}),
    s.reading({url: s.keys.ed25519, signer, capability}),
    s.reading({url: `${s.keystore}/keys`, signer, capability}),
    s.reading({url: `${s.keystore}/zcaps/revocations`, signer, capability}),
    s.generating(undefined, {signer, capability}),
  ];

  for (const [at, name] of (['first', 'second', 'third'] as const).entries()) {
    it(`R41 of the ${name} link refuses it and what descends from it at once, on every route`, async () => {
      const s = scene();
      const {first, second, third, sibling} = await family(s);
      const links = [
        [first, s.alice],
        [second, s.bob],
        [third, s.carol],
      ] as const;
      for (const [capability, signer] of links) {
        for (const request of everyRoute(s, capability, signer)) await s.accepted(request);
      }
      await s.accepted(s.revoking(links[at]![0]), 204);
      for (const [index, [capability, signer]] of links.entries()) {
        for (const request of everyRoute(s, capability, signer)) {
          if (index < at) await s.accepted(request);
          else await s.refused(request, REVOKED);
        }
      }
      if (at > 0) await s.accepted(s.signing({signer: s.carol, capability: sibling}));
    });
  }

  it('R41 a revoked party may not revoke, change or delete', async () => {
    const s = scene();
    const {first, second} = await family(s);
    await s.accepted(s.revoking(first), 204);
    const update = {id: s.keystore, sequence: 1, controller: s.alice.did};
    const asAlice = {signer: s.alice, capability: first, action: 'write'};
    await s.refused(s.revoking(second, {signer: s.alice}), REVOKED);
    await s.refused(s.revoking(second, {...asAlice}), REVOKED);
    await s.refused(s.signing({url: s.keystore, json: update, ...asAlice}), REVOKED);
    await s.refused(s.reading({method: 'DELETE', ...asAlice}), REVOKED);
    const twin = await family(s);
    await s.accepted(s.revoking(twin.second, {signer: s.alice}), 204);
  });

  it('R41 what has a revoked parent is refused to be revoked', async () => {
    const s = scene();
    const {first, third} = await family(s);
    await s.accepted(s.revoking(first), 204);
    for (const signer of [s.owner, s.bob, s.carol]) await s.refused(s.revoking(third, {signer}), REVOKED);
    await s.accepted(s.revoking((await family(s)).third), 204);
  });

  it('R42 spelled otherwise it is still revoked', async () => {
    const s = scene();
    const spellings: readonly ((capability: Capability) => string)[] = [
      (c) => JSON.stringify(c),
      (c) => JSON.stringify(c, null, 2),
      (c) => JSON.stringify(Object.fromEntries(Object.entries(c).toReversed())),
      (c) => JSON.stringify({...c, allowedAction: 'sign'}),
      (c) => JSON.stringify({...c, controller: [c.controller]}),
      (c) => JSON.stringify(c).replaceAll('/', '\\/'),
      (c) => JSON.stringify(c).replace('"urn:uuid:', '"\\u0075rn:uuid:'),
    ];
    const invoke = (json: string) =>
      s.signing({
        signer: s.alice,
        overrides: {capabilityInvocation: `zcap capability="${encodeCapability(json)}",action="sign"`},
      });
    const capability = await s.delegation({controller: s.alice});
    for (const spell of spellings) await s.accepted(invoke(spell(capability)));
    await s.accepted(s.revoking(capability), 204);
    for (const spell of spellings) await s.refused(invoke(spell(capability)), REVOKED);
  });

  it('R42 a capability of the same id, minted and revoked by somebody else in the keystore, revokes nothing', async () => {
    const s = scene();
    const victim = await s.delegation({controller: s.alice});
    const bobs = await s.delegation({controller: s.bob});
    const minted = await s.delegation({parent: bobs, delegator: s.bob, controller: s.bob, id: victim.id});
    await s.accepted(s.revoking(minted, {signer: s.bob}), 204);
    await s.accepted(s.signing({signer: s.alice, capability: victim}));
    await s.refused(s.signing({signer: s.bob, capability: minted}), REVOKED);
    await s.accepted(s.revoking(victim), 204);
    await s.refused(s.signing({signer: s.alice, capability: victim}), REVOKED);
  });

  it("R42 a capability of the same id, revoked in somebody else's keystore, revokes nothing here", async () => {
    const s = scene();
    const victim = await s.delegation({controller: s.alice});
    const {owner, keystore, keys} = s.foreign;
    const minted = await s.delegation({
      parent: rootCapabilityId(keystore),
      delegator: owner,
      controller: s.bob,
      invocationTarget: keys.ed25519,
      id: victim.id,
    });
    await s.accepted(s.revoking(minted, {keystore, signer: owner}), 204);
    await s.accepted(s.signing({signer: s.alice, capability: victim}));
    await s.refused(s.signing({url: keys.ed25519, signer: s.bob, capability: minted}), REVOKED);
  });

  it('R46 a second time is refused, by whomever', async () => {
    const s = scene();
    const {first, second} = await family(s);
    await s.accepted(s.revoking(second, {signer: s.alice}), 204);
    for (const signer of [s.owner, s.alice, s.bob])
      await s.refused(later(s, second, signer), REVOKED, {remembered: true});
    await s.accepted(s.revoking(first, {signer: s.alice}), 204);
  });

  it('R44 what was delegated once more by the same id, for longer, can be revoked for longer', async () => {
    const s = scene();
    const [day, week] = [new Date(Date.now() + 86_400_000), new Date(Date.now() + 7 * 86_400_000)];
    const short = await s.delegation({controller: s.alice, expires: day});
    const long = await s.delegation({controller: s.alice, expires: week, id: short.id});
    for (const capability of [short, long]) await s.accepted(s.signing({signer: s.alice, capability}));
    for (const capability of [short, long]) {
      await s.accepted(s.revoking(capability), 204);
      for (const same of [short, long])
        await s.refused(s.signing({signer: s.alice, capability: same}), REVOKED);
      await s.refused(later(s, capability), REVOKED, {remembered: true});
    }
    const list = await s.accepted(s.reading({url: `${s.keystore}/zcaps/revocations`}));
    const {results} = list.json as {results: readonly {id: string; expires: string}[]};
    const ofThat = results.filter(({id}) => id === short.id);
    expect(ofThat.map(({expires}) => Date.parse(expires))).to.deep.equal([Date.parse(long.expires)]);
  });

  it('R46 of two at once, one is the first', async () => {
    const s = scene();
    const capability = await s.delegation({controller: s.alice});
    const before = s.database.counts();
    const responses = await Promise.all(
      [s.owner, s.alice].map(async (signer) => s.sendAlone(s.revoking(capability, {signer}))),
    );
    expect(responses.map(({status}) => status).toSorted()).to.deep.equal([204, 403]);
    expect(s.database.counts()['revocation']).to.equal((before['revocation'] ?? 0) + 1);
    await s.refused(s.signing({signer: s.alice, capability}), REVOKED);
  });

  it('R40 whoever controls something in the chain may revoke, and nobody else', async () => {
    const s = scene();
    for (const signer of [s.owner, s.alice, s.bob]) {
      const {second} = await family(s);
      await s.refused(s.revoking(second, {signer: s.carol}), INVOKER);
      await s.refused(s.revoking(second, {signer: s.stranger}), INVOKER);
      await s.refused(s.revoking(second, {signer: s.foreign.owner}), INVOKER);
      await s.accepted(s.revoking(second, {signer}), 204);
    }
  });

  it('R44 what can be invoked can be revoked, whatever its id and controllers', async () => {
    const s = scene();
    const ids = [
      "urn:x:!*'()~._-:@/?#[]$&+,;=%",
      'https://example.com/a/b?c=d#e',
      'urn:x:%2e%2e%2f..',
      `urn:x:${'%'.repeat(1018)}`,
      'x:..',
    ];
    const controllers = [s.alice.did, s.alice.keyId, [s.bob.did, s.alice.did], [s.alice.did, s.alice.keyId]];
    for (const [id, controller] of [
      ...ids.map((each) => [each, s.alice.did] as const),
      ...controllers.map((each, index) => [`urn:x:${index}`, each] as const),
    ]) {
      const capability = await s.delegation({controller, id});
      await s.accepted(s.signing({signer: s.alice, capability}));
      await s.accepted(s.revoking(capability, {signer: s.alice}), 204);
      await s.refused(s.signing({signer: s.alice, capability}), REVOKED);
    }
  });
});
