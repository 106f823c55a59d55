import {expect} from 'chai';
import {KeySequenceError, KeyStateError} from '../../lib/errors.ts';
import {restoreKey, scheduleDeletion, changed} from '../../lib/keys/key-changes.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyRecordId, KeyRecordStore} from '../../lib/storage/key-record-store.ts';
import {addKeyWith, DAY_MS, lifecycleOver, storedKey} from './key-lifecycle-fixture.ts';
import type {LogLine, Node} from './node.ts';
import {until} from './until.ts';
import {useNodes} from './use-nodes.ts';
import {withMethods} from './with-methods.ts';

const DEFAULTS = {deletionWindowSeconds: 30 * 86_400, minDeletionWindowSeconds: 0};
const NOTHING = {rotated: 0, destroyed: 0, failed: 0, more: false};
const BOB = 'did:key:z6MkBob';
const EVERY_90_DAYS = {rotation: {afterSeconds: 90 * 86_400}};

describe('what happens to keys by itself', () => {
  const nodes = useNodes();
  let now: number;
  const clock = (): number => now;
  beforeEach(() => {
    // Keys are made a moment later, by the system's clock.
    now = Date.now() + 10_000;
  });
  const open = (): Promise<Node> => nodes.open({clock});
  const lines = (node: Node, msg: string): readonly LogLine[] =>
    node.lines.filter((line) => line.msg === msg);
  const urlOf = ({keystoreId, localKeyId}: KeyRecordId): string => `${keystoreId}/keys/${localKeyId}`;
  const current = (record: KeyRecord): number => record.versions.at(-1)!.version;

  async function deleteKey(node: Node, id: KeyRecordId): Promise<KeyRecord> {
    const pending = scheduleDeletion(await storedKey(node, id), {defaults: DEFAULTS, now});
    await node.management.requestStores.keys.update(pending);
    return pending;
  }

  describe('rotation by age', () => {
    it('makes a new version when the newest is old enough, and again when that one is', async () => {
      const node = await open();
      const {keyLifecycle} = node.management;
      const key = await addKeyWith(node, await node.addKeystore(), {policy: EVERY_90_DAYS});
      await addKeyWith(node, key.keystoreId, {});
      now = key.createdAt + 90 * DAY_MS - 1;
      expect(await keyLifecycle.runOnce()).to.deep.equal(NOTHING);
      now += 1;
      expect(await keyLifecycle.runOnce()).to.deep.equal({...NOTHING, rotated: 1});
      const rotated = await storedKey(node, key);
      expect(rotated.versions.map(({version, state}) => [version, state])).to.deep.equal([
        [1, 'enabled'],
        [2, 'enabled'],
      ]);
      expect(rotated.versions[0]).to.deep.equal(key.versions[0]);
      expect(rotated.versions[1]?.createdAt).to.equal(now);
      expect(rotated).to.include({sequence: 1, updatedAt: now, dueAt: now + 90 * DAY_MS});
      expect(await keyLifecycle.runOnce()).to.deep.equal(NOTHING);
      now += 90 * DAY_MS;
      expect(await keyLifecycle.runOnce()).to.deep.equal({...NOTHING, rotated: 1});
      const told = lines(node, 'key rotated by policy').map(({key: url, version, reason, level}) => ({
        ...{url, version, reason, level},
      }));
      const url = urlOf(key);
      expect(told).to.deep.equal([
        {url, version: 2, reason: 'age', level: 'info'},
        {url, version: 3, reason: 'age', level: 'info'},
      ]);
      expect(await node.useEveryKey()).to.equal(2);
    });

    it('is done once, however many nodes look at the same time', async () => {
      const [one, other] = [await open(), await open()];
      const keystoreId = await one.addKeystore();
      const keys: KeyRecord[] = [];
      for (let index = 0; index < 12; index++)
        keys.push(await addKeyWith(one, keystoreId, {policy: EVERY_90_DAYS}));
      now += 91 * DAY_MS;
      const rounds = await Promise.all(
        [one, other, one].map((node) => node.management.keyLifecycle.runOnce()),
      );
      expect(rounds.reduce((sum, {rotated}) => sum + rotated, 0)).to.equal(keys.length);
      expect(rounds.map(({failed}) => failed)).to.deep.equal([0, 0, 0]);
      for (const key of keys) expect(current(await storedKey(other, key))).to.equal(2);
      const told = [one, other].flatMap((node) => lines(node, 'key rotated by policy'));
      expect(told.map(({key}) => key)).to.have.members(keys.map(urlOf));
    });

    it('destroys the oldest versions above the policy, and says so', async () => {
      const node = await open();
      const key = await addKeyWith(node, await node.addKeystore(), {
        policy: {...EVERY_90_DAYS, maxVersions: 2, destroyUsableVersions: true},
      });
      for (let version = 2; version <= 4; version++) {
        now += 91 * DAY_MS;
        await node.management.keyLifecycle.runOnce();
      }
      const {versions} = await storedKey(node, key);
      expect(versions.map(({state}) => state)).to.deep.equal([
        'destroyed',
        'destroyed',
        'enabled',
        'enabled',
      ]);
      expect(versions.map(({material}) => material !== undefined)).to.deep.equal([false, false, true, true]);
      expect(lines(node, 'old versions destroyed').map(({versions: gone}) => gone)).to.deep.equal([[1], [2]]);
    });

    it('is of keys that are in use: not of those that are disabled, or whose window is closed', async () => {
      const node = await open();
      const keystoreId = await node.addKeystore();
      const disabled = await addKeyWith(node, keystoreId, {policy: EVERY_90_DAYS, state: 'disabled'});
      const closed = await addKeyWith(node, keystoreId, {
        policy: {...EVERY_90_DAYS, usageWindow: {notAfter: now + 100 * DAY_MS}},
      });
      const closedBefore = await addKeyWith(node, keystoreId, {
        policy: {...EVERY_90_DAYS, usageWindow: {notAfter: now + 80 * DAY_MS}},
      });
      const later = await addKeyWith(node, keystoreId, {
        policy: {...EVERY_90_DAYS, usageWindow: {notBefore: now + 150 * DAY_MS}},
      });
      now += 120 * DAY_MS;
      expect(await node.management.keyLifecycle.runOnce()).to.deep.equal(NOTHING);
      for (const key of [disabled, closed, closedBefore, later])
        expect(await storedKey(node, key)).to.deep.equal(key);
      expect(node.logged('warn').filter(({err}) => err)).to.deep.equal([]);
      now += 30 * DAY_MS;
      expect(await node.management.keyLifecycle.runOnce()).to.include({rotated: 1});
      expect(current(await storedKey(node, later))).to.equal(2);
    });

    it('looks at the policy as it is when it is done', async () => {
      const node = await open();
      const key = await addKeyWith(node, await node.addKeystore(), {policy: EVERY_90_DAYS});
      now += 91 * DAY_MS;
      const {keys} = node.management.requestStores;
      let interfered = false;
      const interfering = withMethods<KeyRecordStore>(keys, {
        async update(record, options) {
          if (!interfered) {
            interfered = true;
            await keys.update(changed(await storedKey(node, key), {policy: {exportable: true}}, now));
          }
          return keys.update(record, options);
        },
      });
      const round = await lifecycleOver(node, {clock, keys: interfering}).runOnce();
      expect(round).to.deep.equal(NOTHING);
      const stored = await storedKey(node, key);
      expect(stored.policy).to.deep.equal({exportable: true});
      expect(current(stored)).to.equal(1);
    });

    it('goes on where the keystore changes hands meanwhile, and undoes nothing of that', async () => {
      const node = await open();
      const key = await addKeyWith(node, await node.addKeystore(), {policy: EVERY_90_DAYS});
      now += 91 * DAY_MS;
      const {keys, keystores} = node.management.requestStores;
      const transferring = withMethods<KeyRecordStore>(keys, {
        async update(record, options) {
          const replaced = (await keystores.find(key.keystoreId))!;
          await keystores.update({...replaced, sequence: 1, controller: BOB}, {replaced, updater: BOB});
          return keys.update(record, options);
        },
      });
      expect(await lifecycleOver(node, {clock, keys: transferring}).runOnce()).to.include({rotated: 1});
      expect(current(await storedKey(node, key))).to.equal(2);
      expect(await keystores.find(key.keystoreId)).to.include({sequence: 1, controller: BOB});
    });
  });

  describe('rotation by number of uses', () => {
    const used = (node: Node, id: KeyRecordId, count: number, version = 1): Promise<number> =>
      node.management.stores.keyUses.add({...id, version, count});
    const idOf = ({keystoreId, localKeyId}: KeyRecord): KeyRecordId => ({keystoreId, localKeyId});

    it('is done when the newest version was used that often, once on any number of nodes', async () => {
      const [one, other] = [await open(), await open()];
      const record = await addKeyWith(one, await one.addKeystore(), {policy: {rotation: {afterUses: 100}}});
      const id = idOf(record);
      await used(one, id, 99);
      await one.management.keyLifecycle.rotateUsedUp(id);
      expect(await storedKey(one, id)).to.deep.equal(record);
      await used(one, id, 1);
      const both = [one, other].map(({management}) => management.keyLifecycle.rotateUsedUp(id));
      await Promise.all([...both, one.management.keyLifecycle.rotateUsedUp(id)]);
      await other.management.keyLifecycle.rotateUsedUp(id);
      expect(current(await storedKey(one, id))).to.equal(2);
      const told = [one, other].flatMap((node) => lines(node, 'key rotated by policy'));
      expect(told.map(({key, version, reason}) => [key, version, reason])).to.deep.equal([
        [urlOf(id), 2, 'uses'],
      ]);
      await used(other, id, 100, 2);
      await other.management.keyLifecycle.rotateUsedUp(id);
      expect(current(await storedKey(one, id))).to.equal(3);
    });

    it('is not done where the policy says something else by now, or the key is not in use', async () => {
      const node = await open();
      const keystoreId = await node.addKeystore();
      const members: Partial<KeyRecord>[] = [
        {},
        {policy: {rotation: {afterUses: 101}}},
        {policy: {rotation: {afterUses: 1}}, state: 'disabled'},
        {policy: {rotation: {afterUses: 1}, usageWindow: {notAfter: now - 1}}},
      ];
      for (const each of members) {
        const record = await addKeyWith(node, keystoreId, each);
        await used(node, idOf(record), 100);
        await node.management.keyLifecycle.rotateUsedUp(idOf(record));
        expect(await storedKey(node, record)).to.deep.equal(record);
      }
      await node.management.keyLifecycle.rotateUsedUp({keystoreId, localKeyId: 'none'});
      expect(node.logged('warn').filter(({err}) => err)).to.deep.equal([]);
    });

    it('never fails the use that it came with; it is tried again later', async () => {
      const node = await open();
      const record = await addKeyWith(node, await node.addKeystore(), {policy: {rotation: {afterUses: 1}}});
      await used(node, idOf(record), 1);
      let attempts = 0;
      const lifecycle = lifecycleOver(node, {
        clock,
        rotate: async () => {
          attempts++;
          throw new Error('The module is gone.');
        },
      });
      await lifecycle.rotateUsedUp(record);
      await lifecycle.rotateUsedUp(record);
      expect(attempts).to.equal(1);
      now += 60_000;
      await lifecycle.rotateUsedUp(record);
      expect(attempts).to.equal(2);
      expect(lines(node, 'what is due for a key failed')).to.have.lengthOf(2);
    });

    it('is not begun any more when the node closes, which waits for what is under way', async () => {
      const node = await open();
      const record = await addKeyWith(node, await node.addKeystore(), {policy: {rotation: {afterUses: 1}}});
      await used(node, idOf(record), 1);
      const {keyLifecycle} = node.management;
      void keyLifecycle.rotateUsedUp(record);
      await keyLifecycle.close();
      expect(current(await storedKey(node, record))).to.equal(2);
      await used(node, idOf(record), 1, 2);
      await keyLifecycle.rotateUsedUp(record);
      expect(current(await storedKey(node, record))).to.equal(2);
    });
  });

  describe('the end of a recovery window', () => {
    it('erases the material of every version, and all that was said of the key', async () => {
      const node = await open();
      const key = await addKeyWith(node, await node.addKeystore(), {
        policy: EVERY_90_DAYS,
        tags: {name: 'mine'},
        description: 'For tests.',
      });
      now += 91 * DAY_MS;
      await node.management.keyLifecycle.runOnce();
      const {deletion} = await deleteKey(node, key);
      now += 30 * DAY_MS - 1;
      expect(await node.management.keyLifecycle.runOnce()).to.deep.equal(NOTHING);
      now += 1;
      expect(await node.management.keyLifecycle.runOnce()).to.deep.equal({...NOTHING, destroyed: 1});
      const {versions, ...gone} = await storedKey(node, key);
      const {keystoreId, localKeyId, type, createdAt} = key;
      expect(gone).to.deep.equal({
        ...{keystoreId, localKeyId, type, createdAt, origin: 'generated', state: 'deleted', deletion},
        ...{sequence: 3, updatedAt: now},
      });
      expect(versions).to.have.lengthOf(2);
      for (const version of versions) {
        expect(version).to.not.have.any.keys('material', 'dataKeyVersionId');
        expect(version.state).to.equal('destroyed');
      }
      const [line] = lines(node, 'key destroyed');
      expect(line).to.include({level: 'info', key: urlOf(key)});
      now += DAY_MS;
      expect(await node.management.keyLifecycle.runOnce()).to.deep.equal(NOTHING);
    });

    it('does not come for a key that was restored', async () => {
      const node = await open();
      const key = await addKeyWith(node, await node.addKeystore(), {});
      const pending = await deleteKey(node, key);
      now += 10 * DAY_MS;
      await node.management.requestStores.keys.update(restoreKey(pending, now));
      now += 30 * DAY_MS;
      expect(await node.management.keyLifecycle.runOnce()).to.deep.equal(NOTHING);
      expect((await storedKey(node, key)).versions).to.deep.equal(key.versions);
      expect(await node.useEveryKey()).to.equal(1);
    });

    it('comes once, however many nodes look at the same time', async () => {
      const [one, other] = [await open(), await open()];
      const keystoreId = await one.addKeystore();
      for (let index = 0; index < 12; index++) await deleteKey(one, await addKeyWith(one, keystoreId, {}));
      now += 31 * DAY_MS;
      const rounds = await Promise.all(
        [one, other, one].map((node) => node.management.keyLifecycle.runOnce()),
      );
      expect(rounds.reduce((sum, {destroyed}) => sum + destroyed, 0)).to.equal(12);
      expect(rounds.map(({failed}) => failed)).to.deep.equal([0, 0, 0]);
      expect([one, other].flatMap((node) => lines(node, 'key destroyed'))).to.have.lengthOf(12);
    });

    it('at the same moment as a restoration: one of them comes about', async () => {
      const node = await open();
      const {keys} = node.management.requestStores;
      const keystoreId = await node.addKeystore();
      // Restored by a node whose clock is behind, after this one has read the record.
      const restored = await addKeyWith(node, keystoreId, {});
      const pending = await deleteKey(node, restored);
      now += 31 * DAY_MS;
      let first = true;
      const racing = withMethods<KeyRecordStore>(keys, {
        async update(record, options) {
          if (first) await keys.update(restoreKey(pending, now - 2 * DAY_MS));
          first = false;
          return keys.update(record, options);
        },
      });
      expect(await lifecycleOver(node, {clock, keys: racing}).runOnce()).to.deep.equal(NOTHING);
      expect((await storedKey(node, restored)).state).to.equal('enabled');

      const destroyed = await addKeyWith(node, keystoreId, {});
      const read = await deleteKey(node, destroyed);
      now += 31 * DAY_MS;
      expect(await node.management.keyLifecycle.runOnce()).to.include({destroyed: 1});
      const late = keys.update(restoreKey(read, now - 2 * DAY_MS));
      expect(await late.catch((error: unknown) => error)).to.be.instanceOf(KeySequenceError);
      const stored = await storedKey(node, destroyed);
      expect(() => restoreKey(stored, now)).to.throw(KeyStateError);
    });

    it('comes all the same for a record that is sealed anew meanwhile', async () => {
      const node = await open();
      const {keys} = node.management.requestStores;
      const key = await addKeyWith(node, await node.addKeystore(), {});
      await deleteKey(node, key);
      now += 31 * DAY_MS;
      let first = true;
      const racing = withMethods<KeyRecordStore>(keys, {
        async update(record, options) {
          if (first) await node.run({steps: ['rotate', 'rewrap']});
          first = false;
          return keys.update(record, options);
        },
      });
      expect(await lifecycleOver(node, {clock, keys: racing}).runOnce()).to.include({
        destroyed: 1,
        failed: 0,
      });
      expect((await storedKey(node, key)).state).to.equal('deleted');
    });
  });

  it('does not happen while the server is sealed, and does when it is unsealed', async () => {
    const node = await open();
    const {keyLifecycle, root, stores} = node.management;
    const keystoreId = await node.addKeystore();
    const rotated = await addKeyWith(node, keystoreId, {policy: {rotation: {afterSeconds: 1, afterUses: 1}}});
    const deleted = await deleteKey(node, await addKeyWith(node, keystoreId, {}));
    await stores.keyUses.add({keystoreId, localKeyId: rotated.localKeyId, version: 1, count: 1});
    now += 31 * DAY_MS;
    await root.seal();
    expect(await keyLifecycle.runOnce()).to.deep.equal(NOTHING);
    await keyLifecycle.rotateUsedUp(rotated);
    // Sealed in the middle of a round.
    const sealedMeanwhile = lifecycleOver(node, {clock, isSealed: () => false});
    expect(await sealedMeanwhile.runOnce()).to.deep.equal(NOTHING);
    await sealedMeanwhile.rotateUsedUp(rotated);
    expect(node.logged('warn').filter(({err}) => err)).to.deep.equal([]);
    await root.unsealStored();
    expect(await storedKey(node, rotated)).to.deep.equal(rotated);
    expect(await storedKey(node, deleted)).to.deep.equal(deleted);
    expect(await keyLifecycle.runOnce()).to.include({rotated: 1, destroyed: 1, failed: 0});
  });

  it('is looked for soon after the start, and over and over until it is stopped', async () => {
    const node = await open();
    const {keyLifecycle} = node.management;
    const policy = {rotation: {afterSeconds: 60}};
    const key = await addKeyWith(node, await node.addKeystore(), {policy});
    const stop = keyLifecycle.start({everyMs: 10});
    for (let version = 2; version <= 4; version++) {
      now += 60_000;
      await until(async () => current(await storedKey(node, key)) === version);
    }
    await stop();
    now += 60_000;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(current(await storedKey(node, key))).to.equal(4);
  });
});
