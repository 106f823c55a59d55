import {randomBytes} from 'node:crypto';
import {chmod, readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {inspect} from 'node:util';
import {expect} from 'chai';
import {MemoryKeyModule} from '../../examples/memory-key-module.ts';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import {hsmReconcile, type HsmReconcileResult} from '../../lib/admin/operations/hsm-reconcile.ts';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {InternalError, UnavailableError} from '../../lib/errors.ts';
import {PendingErasures} from '../../lib/key-modules/pending-erasures.ts';
import {GuardedKeyModule} from '../../lib/key-modules/guarded-key-module.ts';
import type {HeldKey, HeldKeys} from '../../lib/key-modules/held-keys.ts';
import type {KeyVersion, KeyVersionId} from '../../lib/key-modules/key-module.ts';
import {rotateKey} from '../../lib/operations/rotate-key.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {until} from './until.ts';
import {reconcileHeldKeys} from '../../lib/maintenance/reconcile-held-keys.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import type {Node} from './node.ts';
import {useNodes} from './use-nodes.ts';
import {withMethods} from './with-methods.ts';

/** A module that can tell what it holds. */
class HoldingKeyModule extends MemoryKeyModule {
  readonly keys = new Map<string, HeldKey>();
  readonly held: HeldKeys = {
    list: async () => [...this.keys.values()],
    destroy: async ({material}) => void this.keys.delete(Buffer.from(material).toString('hex')),
  };

  hold(material: Uint8Array, keystoreId: string, localKeyId = generateLocalId(), version = 1): HeldKey {
    const keystore = keystoreId.slice(keystoreId.lastIndexOf('/') + 1);
    const key = {material, keystore, localKeyId, version};
    this.keys.set(Buffer.from(material).toString('hex'), key);
    return key;
  }

  /** Called while a key is being made, once. */
  meanwhile: (() => Promise<unknown>) | undefined;
  isAway = false;

  override async destroyKey(key: KeyVersion): Promise<void> {
    if (this.isAway) throw new UnavailableError('The token is away.');
    this.keys.delete(Buffer.from(key.material).toString('hex'));
    await super.destroyKey(key);
  }

  override async generateKey(id: KeyVersionId) {
    const generated = await super.generateKey(id);
    const {meanwhile} = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    this.hold(generated.material, id.keystoreId, id.localKeyId, id.version);
    return generated;
  }
}

const HOUR = 3_600_000;

describe('reconciling what key modules hold', () => {
  const nodes = useNodes();
  let node: Node;
  let module: HoldingKeyModule;
  let keystoreId: string;
  let keyModules: Map<string, HoldingKeyModule>;

  beforeEach(async () => {
    node = await nodes.open();
    module = new HoldingKeyModule('hsm');
    keyModules = new Map([['hsm', module]]);
    keystoreId = `https://localhost:9443/kms/keystores/${generateLocalId()}`;
    await node.management.requestStores.keystores.insert(
      {id: keystoreId, sequence: 0, controller: 'did:key:z6MkAlice', kmsModule: 'hsm'},
      {creator: 'did:key:z6MkAlice', maxPerCreator: 1000},
    );
  });

  /** A key of the module, stored. */
  const addKey = async (): Promise<KeyVersion> => {
    const id = {keystoreId, localKeyId: generateLocalId(), type: 'Ed25519VerificationKey2020'} as const;
    const createdAt = Date.now();
    const generated = await module.generateKey({...id, version: 1});
    await node.insertKey({
      ...{...id, sequence: 0, createdAt, updatedAt: createdAt, origin: 'generated', state: 'enabled'},
      versions: [{version: 1, createdAt, state: 'enabled', ...generated}],
    });
    return {...id, version: 1, ...generated};
  };
  const reconcile = () => reconcileHeldKeys({stores: node.management.stores, keyModules});

  it('finds nothing where each record has its key, and each key its record', async () => {
    await addKey();
    await addKey();
    const result = await reconcile();
    expect(result).to.deep.equal({held: 2, orphans: [], unknown: [], missing: []});
  });

  it('finds orphans: of the same name as a key, of a deleted key, of a keystore that is not this server’s', async () => {
    const key = await addKey();
    const twin = module.hold(randomBytes(17), keystoreId, key.localKeyId);
    const left = module.hold(randomBytes(17), keystoreId);
    const elsewhere = module.hold(
      randomBytes(17),
      `https://localhost:9443/kms/keystores/${generateLocalId()}`,
    );
    const {orphans, ...rest} = await reconcile();
    expect(orphans.map(({held}) => held)).to.deep.equal([twin, left]);
    expect(rest).to.deep.equal({held: 4, unknown: [elsewhere], missing: []});
  });

  it('takes no key for an orphan to which a record refers, whatever the keystore says of its module', async () => {
    await addKey();
    const config = await node.management.requestStores.keystores.find(keystoreId);
    expect(config?.kmsModule).to.equal('hsm');
    const {stores} = node.management;
    const keystores = withMethods(stores.keystores, {
      find: async (id: string) => {
        const stored = await stores.keystores.find(id);
        return stored && {...stored, kmsModule: 'software'};
      },
    });
    const lying = {keys: stores.keys, keystores};
    const result = await reconcileHeldKeys({stores: lying, keyModules});
    expect(result).to.deep.equal({held: 1, orphans: [], unknown: [], missing: []});
  });

  it('takes no key for an orphan to which a record refers, whichever keystore its module says it is of', async () => {
    const key = await addKey();
    const other = `https://localhost:9443/kms/keystores/${generateLocalId()}`;
    await node.management.requestStores.keystores.insert(
      {id: other, sequence: 0, controller: 'did:key:z6MkAlice', kmsModule: 'hsm'},
      {creator: 'did:key:z6MkAlice', maxPerCreator: 1000},
    );
    module.hold(key.material, other, key.localKeyId);
    const result = await reconcile();
    expect(result).to.deep.equal({held: 1, orphans: [], unknown: [], missing: []});
  });

  it('of somebody else’s module believes what it lists as far as the guard does', async () => {
    await addKey();
    const orphan = module.hold(randomBytes(17), keystoreId);
    const guarded = new Map([['hsm', new GuardedKeyModule(module)]]);
    const {orphans} = await reconcileHeldKeys({stores: node.management.stores, keyModules: guarded});
    expect(orphans.map(({held}) => held)).to.deep.equal([
      {...orphan, material: Uint8Array.from(orphan.material)},
    ]);
    await orphans[0]?.module.held?.destroy(orphans[0].held);
    expect(module.keys.size).to.equal(1);
    module.hold(Buffer.of(), keystoreId);
    const error = await expectRejection(
      reconcileHeldKeys({stores: node.management.stores, keyModules: guarded}),
      InternalError,
    );
    expect(inspect(error)).to.include('material of 0 bytes');
  });

  it('finds records whose key is not there', async () => {
    await addKey();
    const gone = await addKey();
    await module.destroyKey(gone);
    module.keys.delete(Buffer.from(gone.material).toString('hex'));
    const {missing} = await reconcile();
    expect(missing).to.deep.equal([{key: `${keystoreId}/keys/${gone.localKeyId}`, version: 1}]);
    // Made since the module was asked: it is there.
    const late = await addKey();
    module.keys.delete(Buffer.from(late.material).toString('hex'));
    expect((await reconcile()).missing).to.deep.equal(missing);
  });

  describe('after a rotation that lost the race to another one, while its key could not be erased', () => {
    let key: KeyVersion;
    const pending = (): PendingErasures => new PendingErasures({log: node.management.log, firstMs: 5});
    const rotate = (erasures?: PendingErasures): Promise<KeyRecord> => {
      const keystore = {id: keystoreId, controller: 'did:key:z6MkAlice', sequence: 0, kmsModule: 'hsm'};
      const request = {keystore, localKeyId: key.localKeyId, admit: () => undefined};
      const {requestStores, log} = node.management;
      return rotateKey({request, module}, {keys: requestStores.keys, now: Date.now, erasures, log});
    };
    beforeEach(async () => {
      key = await addKey();
      module.meanwhile = async () => {
        await rotate();
        module.isAway = true;
      };
    });

    it('finds what is left', async () => {
      const {versions} = await rotate();
      expect(versions).to.have.length(3);
      const {orphans, missing, held} = await reconcile();
      expect({held, missing}).to.deep.equal({held: 4, missing: []});
      expect(orphans.map(({held: left}) => [left.localKeyId, left.version])).to.deep.equal([
        [key.localKeyId, 2],
      ]);
      expect(node.lines.filter(({msg}) => msg.includes('could not erase it'))).to.have.length(1);
    });

    it('has nothing left where it is asked again', async () => {
      const erasures = pending();
      await rotate(erasures);
      expect((await reconcile()).orphans).to.have.length(1);
      module.isAway = false;
      await until(async () => (await reconcile()).orphans.length === 0);
      expect(await reconcile()).to.deep.equal({held: 3, orphans: [], unknown: [], missing: []});
      await erasures.close();
      const told = node.lines.map(({msg}) => msg).filter((msg) => msg.includes('left in its key module'));
      expect(told).to.deep.equal([
        'a key is left in its key module, which could not erase it: it is asked again',
        'a key that was left in its key module was erased',
      ]);
    });
  });

  describe('by the operation hsm.reconcile', () => {
    const run = (parameters: unknown = {}): Promise<HsmReconcileResult> =>
      hsmReconcile.run({...node.management, keyModules}, hsmReconcile.parse(parameters), {
        signal: new AbortController().signal,
        report: () => undefined,
        write: async () => undefined,
      });
    /** As if all orphans had been seen first that long ago. */
    const age = async (ms: number): Promise<void> => {
      const path = join(nodes.dataDir(), 'pkcs11', 'orphans.json');
      const {format, firstSeen} = JSON.parse(await readFile(path, 'utf8')) as {
        format: string;
        firstSeen: [string, number][];
      };
      const older = firstSeen.map(([name, at]) => [name, at - ms]);
      await writeFile(path, JSON.stringify({format, firstSeen: older}));
    };

    it('destroys what was an orphan an hour ago, and was confirmed; and nothing else', async () => {
      const key = await addKey();
      const orphan = module.hold(randomBytes(17), keystoreId);
      const first = await run();
      expect(first).to.deep.include({held: 2, unknown: [], missing: [], destroyed: 0});
      expect(first).to.not.have.property('confirm');
      expect(first.orphans).to.have.length(1);
      expect(first.orphans[0]).to.deep.include({
        name: `hsm:${orphan.keystore}/${orphan.localKeyId}#1`,
        destroyable: false,
      });
      await age(HOUR - 60_000);
      expect(await run()).to.not.have.property('confirm');
      await age(60_000);
      module.hold(randomBytes(17), keystoreId);
      const {confirm, orphans} = await run();
      expect(orphans.map(({destroyable}) => destroyable)).to.deep.equal([true, false]);
      const done = await run({destroy: confirm});
      expect(done).to.deep.include({destroyed: 1, held: 3});
      expect(module.keys.size).to.equal(2);
      expect([...module.keys.values()].map(({material}) => material)).to.deep.include(key.material);
      const {held, destroyed} = await run();
      expect({held, destroyed}).to.deep.equal({held: 2, destroyed: 0});
    });

    it('destroys nothing where the orphans are others than were confirmed', async () => {
      module.hold(randomBytes(17), keystoreId);
      await run();
      await age(HOUR);
      const {confirm} = await run();
      module.hold(randomBytes(17), keystoreId);
      await run();
      await age(HOUR);
      const error = await expectRejection(run({destroy: confirm}), AdminError);
      expect(error.reason).to.equal('refused');
      expect(module.keys.size).to.equal(2);
    });

    it('forgets when an orphan was first seen that has its record again, and what it cannot read', async () => {
      const orphan = module.hold(randomBytes(17), keystoreId);
      await run();
      await age(2 * HOUR);
      module.keys.clear();
      await run();
      module.hold(orphan.material, keystoreId, orphan.localKeyId);
      expect((await run()).orphans[0]).to.deep.include({destroyable: false});
      const path = join(nodes.dataDir(), 'pkcs11', 'orphans.json');
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
      await age(2 * HOUR);
      expect((await run()).orphans[0]).to.deep.include({destroyable: true});
      for (const damaged of ['', '{', '{"format":"webkms-hsm-orphans-v1","firstSeen":[["a"]]}']) {
        await writeFile(path, damaged);
        await chmod(path, 0o600);
        expect((await run()).orphans[0]).to.deep.include({destroyable: false});
      }
    });

    it('is refused where no module keeps keys of its own, and takes no other parameters', async () => {
      const error = await expectRejection(
        hsmReconcile.run(
          node.management,
          {},
          {signal: new AbortController().signal, report: () => undefined, write: async () => undefined},
        ),
        AdminError,
      );
      expect(error.message).to.include('No key module');
      for (const bad of [{destroy: true}, {destroy: ''}, {destroy: 'x'.repeat(65)}, {other: 1}, []])
        expect(() => hsmReconcile.parse(bad)).to.throw(AdminError);
    });
  });
});
