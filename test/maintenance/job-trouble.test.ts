import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import type {KeyMaintenance} from '../../lib/storage/key-record-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {staleRows} from '../demonstrations/key-versions.ts';
import type {Node} from './node.ts';
import {unguarded} from './unguarded.ts';
import {until} from './until.ts';
import {useNodes} from './use-nodes.ts';
import {withMethods} from './with-methods.ts';

const EVERYTHING = ['rotate', 'rewrap', 'prune'] as const;

/** The node's stores, with another store of keys. */
const withKeys = ({management: {stores}}: Node, keys: Partial<KeyMaintenance>): Stores =>
  withMethods(stores, {keys: withMethods(stores.keys, keys)});

describe('maintenance jobs in trouble', () => {
  const nodes = useNodes();

  it('leave records that are not what was written, name them, and do the others', async () => {
    const node = await nodes.open();
    const [first = '', second = '', third = ''] = await node.populate({keystores: 3, keys: 30});
    const {stores} = node.management;
    const {results} = await stores.keys.listIds({keystoreId: first, limit: 2});
    for (const localKeyId of results)
      unguarded(
        nodes.dataDir(),
        'UPDATE key_record SET public_alias_template = ? WHERE local_id = ?',
        'did:example:mallory',
        localKeyId,
      );
    unguarded(nodes.dataDir(), `UPDATE keystore SET controller = 'did:key:z6MkMallory' WHERE id = ?`, second);
    const tampered = await stores.keys.find({keystoreId: first, localKeyId: results[0]!});

    const outcome = await node.run({steps: EVERYTHING});
    expect(outcome.rotated).to.equal(3);
    expect(outcome.rewrapped).to.equal(28 + 1 + 31);
    expect(outcome.failure).to.match(/^2 scopes could not be done/);
    const left = outcome.remaining.map(({scope, kind, count}) => [scope, kind, count]);
    expect(left).to.deep.equal([
      [first, 'key record', 2],
      [second, 'keystore', 1],
      [second, 'key record', 30],
      [first, 'data key version', 2],
      [second, 'data key version', 2],
    ]);
    // Nothing of what cannot be trusted was authenticated or sealed anew.
    expect(await stores.keys.find({keystoreId: first, localKeyId: results[0]!})).to.deep.equal(tampered);
    expect(await stores.keys.countSealedUnder(await stale(node, second))).to.equal(30);
    expect(await stores.keys.countSealedUnder(await stale(node, third))).to.equal(0);
    const named = JSON.stringify(node.logged('error'));
    for (const id of [...results, second]) expect(named).to.contain(id);
    expect(named).to.not.contain(third);
  });

  it('seal nothing anew that does not open', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 3});
    const {authenticator, stores} = node.management;
    const {results} = await stores.keys.list({keystoreId: scope, limit: 1});
    const record = await authenticator.verifyKey(results[0]!);
    const broken = {
      ...record,
      sequence: 1,
      versions: record.versions.map((version) => ({...version, material: Buffer.alloc(90, 1)})),
    };
    const authentication = await authenticator.authenticateKey(broken);
    await stores.keys.replace([{record: {...broken, authentication}, replacedSequence: 0}]);
    const outcome = await node.run({steps: ['rotate', 'rewrap']});
    expect(outcome.rewrapped).to.equal(3);
    expect(outcome.remaining).to.have.lengthOf(1);
    expect(JSON.stringify(node.logged('error'))).to.contain(record.localKeyId);
    expect((await stores.keys.find(record))?.sequence).to.equal(1);
  });

  it('read again what another writer has changed meanwhile', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 30});
    const {stores, authenticator} = node.management;
    let [conflicts, interfered] = [0, 0];
    const runner = node.runner({
      stores: withKeys(node, {
        async replace(replacements) {
          // For a while somebody is always faster, with every third of them.
          if (interfered < 25) {
            for (const {record, replacedSequence} of replacements.filter((_, index) => index % 3 === 0)) {
              const {authentication, ...read} = (await stores.keys.find(record))!;
              expect(read.sequence).to.equal(replacedSequence);
              const other = {...read, sequence: read.sequence + 1, maxCapabilityChainLength: 7};
              const mac = await authenticator.authenticateKey(other);
              expect(mac).to.not.deep.equal(authentication);
              await stores.keys.update({...other, authentication: mac});
              interfered++;
            }
          }
          const replaced = await stores.keys.replace(replacements);
          conflicts += replaced.filter((each) => !each).length;
          return replaced;
        },
      }),
    });
    expect(await node.run({steps: EVERYTHING}, {runner})).to.deep.include({rewrapped: 31, remaining: []});
    expect(conflicts).to.equal(interfered);
    expect(conflicts).to.be.greaterThan(10);
    expect(staleRows(nodes.dataDir())).to.equal(0);
    expect(await node.useEveryKey()).to.equal(30);
    // Nothing of the other's was lost.
    const {results} = await stores.keys.list({
      keystoreId: (await stores.keystores.listIds({limit: 1})).results[0]!,
      limit: 30,
    });
    const changed = results.filter(({maxCapabilityChainLength}) => maxCapabilityChainLength === 7);
    expect(changed).to.not.be.empty;
    for (const {sequence} of changed) expect(sequence).to.be.at.least(2);
  });

  it('try again what is unavailable for a moment', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 2, keys: 5});
    const {stores} = node.management;
    let calls = 0;
    const runner = node.runner({
      stores: withKeys(node, {
        async replace(replacements) {
          if (++calls <= 2) throw new UnavailableError('Not now.');
          return stores.keys.replace(replacements);
        },
      }),
    });
    expect(await node.run({steps: EVERYTHING}, {runner})).to.deep.include({rewrapped: 12, remaining: []});
    expect(calls).to.be.greaterThan(2);
  });

  it('wait while the store cannot be reached, and go on', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 2, keys: 5});
    const {stores} = node.management;
    let down = true;
    const fail = async (): Promise<never> => {
      throw new UnavailableError('The store is down.');
    };
    const runner = node.runner({
      stores: withMethods(stores, {
        keys: withMethods(stores.keys, {
          replace: (replacements) => (down ? fail() : stores.keys.replace(replacements)),
        }),
        ping: () => (down ? fail() : stores.ping()),
      }),
    });
    const {id} = await runner.start({steps: EVERYTHING});
    await until(async () => node.logged('warn').some(({msg}) => msg.startsWith('the job was interrupted')));
    expect((await stores.jobs.find(id))?.finishedAt).to.equal(undefined);
    down = false;
    expect(await node.run({steps: EVERYTHING}, {runner})).to.deep.include({rotated: 2, rewrapped: 12});
    expect((await stores.jobs.listNewest({limit: 9})).map((job) => job.id)).to.deep.equal([id]);
    expect(staleRows(nodes.dataDir())).to.equal(0);
  });

  it('wait while the server is sealed, and go on', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 2, keys: 40});
    const {root, stores} = node.management;
    const runner = node.runner({pace: {rate: 200}});
    const {id} = await runner.start({steps: EVERYTHING});
    await until(async () => runner.outcomeOf((await stores.jobs.find(id))!).rewrapped > 0);
    await root.seal();
    await until(async () =>
      node.logged('debug').some(({msg}) => msg.includes('until the server is unsealed')),
    );
    const before = staleRows(nodes.dataDir());
    expect(before).to.be.greaterThan(0);
    runner.resume();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(staleRows(nodes.dataDir())).to.equal(before);
    await root.unsealStored();
    expect(await node.run({steps: EVERYTHING}, {runner})).to.deep.include({rotated: 2, remaining: []});
    expect(staleRows(nodes.dataDir())).to.equal(0);
    expect(await node.useEveryKey()).to.equal(80);
  });

  it('leave a scope that stays unavailable, though the store is there, and do the others', async () => {
    const node = await nodes.open();
    const [first = '', second = ''] = await node.populate({keystores: 2, keys: 1});
    const {hierarchy} = node.management;
    const administration = withMethods(hierarchy, {
      async rotateKeys(scope) {
        if (scope === first) throw new UnavailableError('Not this one.');
        return hierarchy.rotateKeys(scope);
      },
    });
    const outcome = await node.run({steps: ['rotate']}, {runner: node.runner({hierarchy: administration})});
    expect(outcome).to.include({rotated: 1});
    expect(outcome.failure).to.match(/^1 scope could not be done/);
    expect((await node.versions(first))['rootKey']).to.deep.equal([1]);
    expect((await node.versions(second))['rootKey']).to.deep.equal([1, 2]);
    expect(node.logged('error').map(({msg, scope}) => [msg, scope])).to.deep.equal([
      ['maintenance of a scope failed', first],
    ]);
  });

  it('leave the keys of a module that is not offered, and say so', async () => {
    const node = await nodes.open();
    const [scope = ''] = await node.populate({keystores: 1, keys: 2});
    const outcome = await node.run({steps: EVERYTHING}, {runner: node.runner({keyModules: new Map()})});
    expect(outcome.remaining.map(({kind, count}) => [kind, count])).to.deep.equal([
      ['key record', 2],
      ['data key version', 2],
    ]);
    expect(outcome.failure).to.match(/^1 scope could not be done/);
    expect(JSON.stringify(node.logged('error'))).to.contain('The key module software is not offered here.');
    expect((await node.run({steps: ['rewrap']})).remaining).to.deep.equal([]);
    expect(await node.management.stores.keys.countSealedUnder(await stale(node, scope))).to.equal(0);
  });

  it('leave alone a scope that is deleted meanwhile', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 2});
    const doomed = await node.addKeystore();
    const {hierarchy, requestStores} = node.management;
    const administration = withMethods(hierarchy, {
      async rotateKeys(scope) {
        if (scope === doomed) await requestStores.keystores.delete(doomed, {sequence: 0});
        return hierarchy.rotateKeys(scope);
      },
    });
    const outcome = await node.run({steps: EVERYTHING}, {runner: node.runner({hierarchy: administration})});
    expect(outcome).to.deep.equal({
      rotated: 1,
      rewrapped: 3,
      pruned: 4,
      remaining: [],
      remainingNotListed: 0,
    });
  });
});

async function stale(node: Node, keystoreId: string) {
  const keys = await node.management.hierarchy.listKeys(keystoreId);
  return {
    keystoreId,
    dataKeyVersionIds: keys.slice(1).flatMap(({versions}) => versions.slice(0, -1).map(({id}) => id)),
  };
}
