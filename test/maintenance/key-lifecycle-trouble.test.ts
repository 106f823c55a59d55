import {expect} from 'chai';
import {NotFoundError, UnavailableError} from '../../lib/errors.ts';
import type {KeyLifecycle} from '../../lib/maintenance/key-lifecycle.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {DueKey} from '../../lib/storage/key-record-store.ts';
import {addKeyWith, DAY_MS, lifecycleOver, storedKey, type LifecycleParts} from './key-lifecycle-fixture.ts';
import type {LogLine, Node} from './node.ts';
import {unguarded} from './unguarded.ts';
import {useNodes} from './use-nodes.ts';
import {withMethods} from './with-methods.ts';

const NOTHING = {rotated: 0, destroyed: 0, failed: 0, more: false};
const POLICY = {rotation: {afterSeconds: 86_400}};
const MINUTE_MS = 60_000;

describe('what happens to keys by itself, where something is wrong', () => {
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
  const urlOf = ({keystoreId, localKeyId}: KeyRecord): string => `${keystoreId}/keys/${localKeyId}`;
  const versionsOf = async (node: Node, key: KeyRecord): Promise<number> =>
    (await storedKey(node, key)).versions.length;

  async function addKeys(node: Node, count: number): Promise<KeyRecord[]> {
    const keystoreId = await node.addKeystore();
    const keys: KeyRecord[] = [];
    for (let index = 0; index < count; index++)
      keys.push(await addKeyWith(node, keystoreId, {policy: POLICY, createdAt: now}));
    return keys;
  }

  for (const [what, change] of [
    [
      'says something else than the server wrote',
      `UPDATE key_record SET description = 'x' WHERE local_id = ?`,
    ],
    ['cannot even be read', `UPDATE key_record SET policy = '{ }' WHERE local_id = ?`],
  ] as const) {
    it(`a record that ${what} is told of and left alone; the others are done`, async () => {
      const node = await open();
      const events: string[] = [];
      const lifecycle = lifecycleOver(node, {clock, onEvent: (event) => events.push(event)});
      const [tampered, ...others] = await addKeys(node, 3);
      unguarded(nodes.dataDir(), change, tampered!.localKeyId);
      now += 2 * DAY_MS;
      expect(await lifecycle.runOnce()).to.deep.equal({...NOTHING, rotated: 2, failed: 1});
      for (const key of others) expect(await versionsOf(node, key)).to.equal(2);
      expect(events.sort()).to.deep.equal(['rotated', 'rotated', 'tampered']);
      const told = lines(node, 'a key that is due is not what the server wrote');
      expect(told.map(({level, key}) => [level, key])).to.deep.equal([['error', urlOf(tampered!)]]);
      expect(await lifecycle.runOnce()).to.deep.equal(NOTHING);
    });
  }

  it('a due time that somebody put there does nothing', async () => {
    const node = await open();
    const keystoreId = await node.addKeystore();
    const key = await addKeyWith(node, keystoreId, {policy: POLICY});
    unguarded(nodes.dataDir(), 'UPDATE key_record SET due_at = 1 WHERE local_id = ?', key.localKeyId);
    expect(await node.management.keyLifecycle.runOnce()).to.deep.equal({...NOTHING, failed: 1});
    unguarded(nodes.dataDir(), 'UPDATE key_record SET due_at = ?', key.dueAt);
    expect(await storedKey(node, key)).to.deep.equal(key);
  });

  it('a key whose module is gone is tried later and later, and keeps no other from its turn', async () => {
    const node = await open();
    const [lost] = await addKeys(node, 1);
    const keys = await addKeys(node, 2);
    const attempts: number[] = [];
    const start = now + 2 * DAY_MS;
    const lifecycle = lifecycleOver(node, {
      clock,
      rotate: async (id, condition) => {
        if (id.keystoreId === lost!.keystoreId) {
          attempts.push((now - start) / MINUTE_MS);
          throw new UnavailableError("The keystore's key module is not offered by this server now.");
        }
        expect(condition(await storedKey(node, id))).to.equal(true);
        return storedKey(node, id);
      },
    });
    now = start;
    expect(await lifecycle.runOnce()).to.deep.equal({...NOTHING, rotated: 2, failed: 1});
    for (; now < start + DAY_MS; now += MINUTE_MS) await lifecycle.runOnce();
    expect(attempts).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 871, 1231]);
    const told = lines(node, 'what is due for a key failed');
    expect(told).to.have.lengthOf(attempts.length);
    expect(told[0]).to.deep.include({level: 'warn', key: urlOf(lost!), retryAfterSeconds: 60});
    expect(told.at(-1)).to.deep.include({retryAfterSeconds: 6 * 3600});
    expect(keys).to.have.lengthOf(2);
  });

  it('a key that works again is forgotten to have failed', async () => {
    const node = await open();
    const [key] = await addKeys(node, 1);
    let failing = true;
    const attempts: number[] = [];
    const lifecycle = lifecycleOver(node, {
      clock,
      rotate: async (id) => {
        attempts.push(now);
        if (failing) throw new Error('Not now.');
        return storedKey(node, id);
      },
    });
    now += 2 * DAY_MS;
    const rounds: number[] = [];
    for (const fails of [true, true, false, true, true]) {
      failing = fails;
      rounds.push(now);
      await lifecycle.runOnce();
      const told = lines(node, 'what is due for a key failed').at(-1)!;
      now += Number(told['retryAfterSeconds']) * 1000;
    }
    expect(attempts).to.deep.equal(rounds);
    const told = lines(node, 'what is due for a key failed').map((line) => line['retryAfterSeconds']);
    expect(told).to.deep.equal([60, 120, 60, 120]);
    expect(await versionsOf(node, key!)).to.equal(1);
  });

  it('a key that is gone meanwhile is no failure', async () => {
    const node = await open();
    await addKeys(node, 1);
    now += 2 * DAY_MS;
    const lifecycle = lifecycleOver(node, {
      clock,
      rotate: async () => {
        throw new NotFoundError('Key not found.');
      },
    });
    expect(await lifecycle.runOnce()).to.deep.equal(NOTHING);
  });

  it('a store that is down is told of, and the round ends', async () => {
    const node = await open();
    await addKeys(node, 2);
    now += 2 * DAY_MS;
    const down = new UnavailableError('The disk is gone.');
    let attempts = 0;
    const parts: LifecycleParts = {
      clock,
      rotate: async () => {
        attempts++;
        throw down;
      },
      ping: async () => {
        throw down;
      },
    };
    const lifecycle = lifecycleOver(node, parts);
    expect(await lifecycle.runOnce()).to.deep.equal(NOTHING);
    expect(attempts).to.equal(1);
    const unlisted = lifecycleOver(node, {
      clock,
      due: {
        listDue: async () => {
          throw down;
        },
      },
    });
    expect(await unlisted.runOnce()).to.deep.equal(NOTHING);
    expect(lines(node, 'due keys could not be looked for')).to.have.lengthOf(2);
    expect(await node.management.keyLifecycle.runOnce()).to.include({rotated: 2});
  });

  it('a keystore whose keys are all to be rotated does not keep others from their turn', async () => {
    const node = await open();
    const many = await addKeys(node, 25);
    now += 1000;
    const [other] = await addKeys(node, 1);
    now += DAY_MS;
    const lifecycle = lifecycleOver(node, {clock});
    expect(await lifecycle.runOnce()).to.deep.equal({...NOTHING, rotated: 21, more: true});
    expect(await versionsOf(node, other!)).to.equal(2);
    expect(await lifecycle.runOnce()).to.deep.equal({...NOTHING, rotated: 5});
    for (const key of many) expect(await versionsOf(node, key)).to.equal(2);
  });

  describe('with many keys', () => {
    const dueKeys = Array.from({length: 2500}, (_, index) => ({
      keystoreId: 'https://localhost:9443/kms/keystores/z1',
      localKeyId: `z${index}`,
      dueAt: Math.floor(index / 7),
    }));
    const listDue = async ({limit, after}: {limit: number; after?: DueKey | undefined}) => {
      const start = after ? dueKeys.findIndex(({localKeyId}) => localKeyId === after.localKeyId) + 1 : 0;
      return dueKeys.slice(start, start + limit);
    };

    it('a round does a part of them, and the next goes on where it stopped', async () => {
      const node = await open();
      const visited: string[] = [];
      const lifecycle = lifecycleOver(node, {
        clock,
        due: {listDue},
        keys: withMethods(node.management.requestStores.keys, {
          find: async ({localKeyId}) => void visited.push(localKeyId),
        }),
      });
      const rounds = [];
      for (let round = 0; round < 3; round++) rounds.push((await lifecycle.runOnce()).more);
      expect(rounds).to.deep.equal([true, true, false]);
      expect(visited).to.deep.equal(dueKeys.map(({localKeyId}) => localKeyId));
      await lifecycle.runOnce();
      expect(visited.slice(2500, 2502)).to.deep.equal(['z0', 'z1']);
    });

    it('failures are not each told of', async () => {
      const node = await open();
      const lifecycle = lifecycleOver(node, {
        clock,
        due: {listDue},
        keys: withMethods(node.management.requestStores.keys, {
          find: async () => {
            throw new Error('Not now.');
          },
        }),
      });
      expect(await lifecycle.runOnce()).to.include({failed: 1000, more: true});
      expect(lines(node, 'what is due for a key failed')).to.have.lengthOf(20);
      expect(lines(node, 'what is due failed for many keys')).to.deep.include.members([
        {...lines(node, 'what is due failed for many keys')[0], failed: 1000},
      ]);
    });

    it('a round ends when it is stopped', async () => {
      const node = await open();
      const stopping = new AbortController();
      let visited = 0;
      const lifecycle: KeyLifecycle = lifecycleOver(node, {
        clock,
        due: {listDue},
        keys: withMethods(node.management.requestStores.keys, {
          find: async () => {
            if (++visited === 10) stopping.abort();
            return undefined;
          },
        }),
      });
      expect(await lifecycle.runOnce(stopping.signal)).to.deep.equal({...NOTHING, more: true});
      expect(visited).to.equal(10);
    });
  });
});
