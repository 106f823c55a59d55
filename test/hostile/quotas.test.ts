import {expect} from 'chai';
import type {Capability} from '../support/delegate.ts';
import type {Controller} from '../support/did-key.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {quotaUsedUp} from './support/refusal.ts';

const KEYSTORES = quotaUsedUp('The quota of keystores is used up.');
const KEYS = quotaUsedUp('The quota of keys in this keystore is used up.');
const REVOCATIONS = quotaUsedUp('The quota of revocations in this keystore is used up.');
const remembered = {remembered: true};

describe('hostile: quotas', () => {
  const scene = useScene({
    WEBKMS_MAX_KEYSTORES_PER_CREATOR: '3',
    // The scene makes five.
    WEBKMS_MAX_KEYS_PER_KEYSTORE: '7',
    WEBKMS_MAX_REVOCATIONS_PER_DELEGATOR: '2',
  });
  const again = (s: HostileScene, signer: Controller, age: number) => {
    const created = Math.floor(Date.now() / 1000) - age;
    return s.creating({signer, overrides: {created: String(created), expires: String(created + 600)}});
  };

  it('keystores that a DID has created; others naming it use up nothing', async () => {
    const s = scene();
    for (let i = 0; i < 3; i++)
      await s.createKeystore(s.stranger, {controller: [s.stranger.did, s.alice.did]});
    await s.refused(again(s, s.stranger, 60), KEYSTORES, remembered);
    const mine = [];
    for (let i = 0; i < 3; i++) mine.push((await s.createKeystore(s.alice)).id);
    await s.refused(again(s, s.alice, 60), KEYSTORES, remembered);
    await s.accepted(s.reading({url: mine[0]!, signer: s.alice, method: 'DELETE', action: 'write'}), 204);
    await s.accepted(again(s, s.alice, 120), 201);
    await s.refused(again(s, s.alice, 180), KEYSTORES, remembered);
  });

  it('R50 a keystore given away still counts for its creator, and not for who got it', async () => {
    const s = scene();
    const gifts = [];
    for (let i = 0; i < 3; i++) {
      const {id} = await s.createKeystore(s.bob);
      const update = {id, sequence: 1, controller: s.carol.did};
      await s.accepted(s.updating(update, {signer: s.bob}));
      gifts.push(id);
    }
    await s.refused(again(s, s.bob, 60), KEYSTORES, remembered);
    for (let i = 0; i < 3; i++) await s.createKeystore(s.carol);
    await s.refused(again(s, s.carol, 60), KEYSTORES, remembered);
  });

  it('of creations at once, no more succeed than there is room for', async () => {
    const s = scene();
    const before = s.database.counts()['keystore'] ?? 0;
    const owner = s.foreign.owner;
    const responses = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (n) => s.sendAlone(again(s, owner, n * 20))),
    );
    expect(responses.map(({status}) => status).toSorted()).to.deep.equal([201, 201, 429, 429, 429, 429]);
    expect(s.database.counts()['keystore']).to.equal(before + 2);
  });

  it('keys in a keystore, at once too', async () => {
    const s = scene();
    const before = s.database.counts();
    const created = (n: number) => Math.floor(Date.now() / 1000) - 20 * n;
    const generating = (n: number) =>
      s.generating(undefined, {overrides: {created: String(created(n)), expires: String(created(n) + 600)}});
    const responses = await Promise.all([1, 2, 3, 4, 5].map(async (n) => s.sendAlone(generating(n))));
    expect(responses.map(({status}) => status).toSorted()).to.deep.equal([200, 200, 429, 429, 429]);
    const after = s.database.counts();
    for (const table of ['key_record', 'key_version'])
      expect(after[table]).to.equal((before[table] ?? 0) + 2);
    await s.refused(generating(10), KEYS, remembered);
    await s.accepted(s.signing());
  });

  it('R47 revocations of one delegator; the owner can always revoke, and so can others', async () => {
    const s = scene();
    const everything = {invocationTarget: s.keystore, allowedAction: ['sign', 'write']};
    const parent = await s.delegation({controller: s.alice, ...everything});
    const child = async (holder: Controller): Promise<Capability> =>
      s.delegation({parent, delegator: s.alice, controller: holder});
    for (let i = 0; i < 2; i++) await s.accepted(s.revoking(await child(s.bob), {signer: s.alice}), 204);
    const third = await child(s.bob);
    await s.refused(s.revoking(third, {signer: s.alice}), REVOCATIONS, remembered);
    await s.refused(s.revoking(third, {signer: s.bob}), REVOCATIONS, remembered);
    await s.accepted(s.signing({signer: s.bob, capability: third}));
    await s.accepted(s.revoking(third), 204);
    for (let i = 0; i < 4; i++) await s.accepted(s.revoking(await child(s.carol)), 204);
    for (let i = 0; i < 4; i++) await s.accepted(s.revoking(await s.delegation({controller: s.carol})), 204);
    const bobs = await s.delegation({controller: s.bob, ...everything});
    const grandchild = await s.delegation({parent: bobs, delegator: s.bob, controller: s.carol});
    await s.accepted(s.revoking(grandchild, {signer: s.bob}), 204);
  });

  it('R47 what a stranger revokes in a keystore of its own uses up nothing', async () => {
    const s = scene();
    const {owner, keystore} = s.foreign;
    for (let i = 0; i < 4; i++) {
      const capability = await s.chain([owner], {property: s.foreign});
      await s.accepted(s.revoking(capability, {keystore, signer: owner}), 204);
    }
    await s.accepted(s.revoking(await s.delegation({controller: s.carol})), 204);
  });
});
