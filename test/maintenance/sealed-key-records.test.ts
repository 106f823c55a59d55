import {expect} from 'chai';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyMaintenance} from '../../lib/storage/key-record-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {staleRows} from '../demonstrations/key-versions.ts';
import {NOW, withoutMaterial} from '../storage/records.ts';
import type {Node} from './node.ts';
import {useNodes} from './use-nodes.ts';
import {withMethods} from './with-methods.ts';

const EVERYTHING = ['rotate', 'rewrap', 'prune'] as const;
const deletion = {requestedAt: NOW, destroyAt: NOW + 1, restoresTo: 'disabled'} as const;

/** Adds a version with material of its own. */
async function withVersion(node: Node, key: KeyRecord): Promise<KeyRecord> {
  const version = key.versions.length + 1;
  const {keystoreId, localKeyId} = key;
  const module = node.management.keyModules.get('software')!;
  const type = 'Sha256HmacKey2019' as const;
  const generated = await module.generateKey({keystoreId, localKeyId, type, version});
  return {...key, versions: [...key.versions, {version, createdAt: NOW, state: 'enabled', ...generated}]};
}

describe('key records that are sealed anew', () => {
  const nodes = useNodes();

  it('stay what they are, whatever state they are in', async () => {
    const node = await nodes.open();
    const keystoreId = await node.addKeystore();
    const made = async (members: Partial<KeyRecord> = {}): Promise<KeyRecord> => ({
      ...(await withVersion(node, await withVersion(node, await node.makeKey(keystoreId)))),
      ...members,
    });
    const half = await made();
    const tombstone = await made({state: 'deleted', deletion});
    const keys: KeyRecord[] = [
      await made({state: 'disabled', tags: {name: 'key', b: '2', a: '1'}, keyOps: ['sign']}),
      await made({state: 'pendingDeletion', deletion, dueAt: NOW + 1, description: 'text'}),
      await made({policy: {rotation: {afterUses: 5, afterSeconds: 4}, exportable: true}, origin: 'imported'}),
      {
        ...half,
        versions: half.versions.map((version) =>
          version.version === 2 ? {...withoutMaterial(version), certificates: [Buffer.from('x')]} : version,
        ),
      },
      {...tombstone, versions: tombstone.versions.map(withoutMaterial)},
    ];
    for (const key of keys) await node.insertKey(key);
    const outcome = await node.run({steps: EVERYTHING});
    expect(outcome).to.deep.include({rewrapped: keys.length + 1, remaining: []});
    expect(staleRows(nodes.dataDir())).to.equal(0);
    for (const key of keys) {
      const found = (await node.management.requestStores.keys.find(key))!;
      for (const [index, {material}] of found.versions.entries()) {
        const before = key.versions[index]!.material;
        expect(material === undefined).to.equal(before === undefined);
        if (before) expect(material).to.not.deep.equal(before);
      }
      const versions = found.versions.map((version, index) => {
        const {material, dataKeyVersionId} = key.versions[index]!;
        return {...version, ...(material && {material}), ...(dataKeyVersionId && {dataKeyVersionId})};
      });
      expect({...found, versions}).to.deep.equal({...key, sequence: 1});
    }
  });

  it('of which another erased material meanwhile stay without it', async () => {
    const node = await nodes.open();
    const keystoreId = await node.addKeystore();
    const key = await withVersion(node, await node.makeKey(keystoreId));
    await node.insertKey(key);
    const {stores, requestStores} = node.management;
    const erased = {...key, sequence: 1, versions: key.versions.map(withoutMaterial)};
    let erasures = 0;
    const keys = withMethods<KeyMaintenance>(stores.keys, {
      async listSealedUnder(options) {
        const listed = await stores.keys.listSealedUnder(options);
        if (listed.length > 0 && erasures++ === 0) await requestStores.keys.update(erased);
        return listed;
      },
    });
    const runner = node.runner({stores: withMethods<Stores>(stores, {keys})});
    const outcome = await node.run({steps: EVERYTHING}, {runner});
    expect(outcome).to.deep.include({remaining: []});
    expect(erasures).to.be.greaterThan(0);
    expect(await requestStores.keys.find(key)).to.deep.equal(erased);
  });

  it('of many versions are sealed anew some at a time, whoever changes them meanwhile', async () => {
    const node = await nodes.open();
    const keystoreId = await node.addKeystore();
    const makeLarge = async (versions: number): Promise<KeyRecord> => {
      let key = await node.makeKey(keystoreId);
      while (key.versions.length < versions) key = await withVersion(node, key);
      await node.insertKey(key);
      return key;
    };
    const made = [await makeLarge(300), await makeLarge(200), await makeLarge(128)];
    const {stores, requestStores} = node.management;
    const written: number[] = [];
    let changes = 0;
    const keys = withMethods<KeyMaintenance>(stores.keys, {
      async replace(replacements, options) {
        written.push(replacements.reduce((sum, {changedVersions}) => sum + changedVersions!.length, 0));
        // Between two parts of the first that is done.
        if (written.length === 2 && changes++ === 0) {
          const found = (await requestStores.keys.find(replacements[0]!.record))!;
          await requestStores.keys.update({...found, sequence: found.sequence + 1, description: 'changed'});
        }
        return stores.keys.replace(replacements, options);
      },
    });
    const runner = node.runner({stores: withMethods<Stores>(stores, {keys})});
    const outcome = await node.run({steps: EVERYTHING}, {runner});
    expect(outcome).to.deep.include({rewrapped: made.length + 1, remaining: []});
    expect(staleRows(nodes.dataDir())).to.equal(0);
    expect(Math.max(...written)).to.be.within(64, 127);
    expect(written.length).to.be.within(11, 15);
    const module = node.management.keyModules.get('software')!;
    const found = await Promise.all(made.map(async (key) => (await requestStores.keys.find(key))!));
    expect(found.filter(({description}) => description === 'changed')).to.have.length(1);
    for (const [index, key] of found.entries()) {
      const before = made[index]!;
      expect(key.versions).to.have.length(before.versions.length);
      for (const version of [key.versions[0]!, key.versions[127]!, key.versions.at(-1)!]) {
        const {keystoreId, localKeyId} = key;
        const id = {keystoreId, localKeyId, type: 'Sha256HmacKey2019', version: version.version} as const;
        const {material = Buffer.of()} = version;
        const old = before.versions[version.version - 1]!.material!;
        expect(material).to.not.deep.equal(old);
        expect(await module.sign({...id, material}, Buffer.from('x'))).to.have.length(32);
      }
    }
  });
});
