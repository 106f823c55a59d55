import {expect} from 'chai';
import type {Stores} from '../../../lib/storage/stores.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {insertFirstKeys, makeFirstKeys, makeRotation, randomBlob, rotate} from '../key-hierarchy-records.ts';
import {insertKeystoreScope, materialKeyVersion} from '../keystore-scope.ts';
import {
  ALICE,
  changed,
  insertKey,
  insertKeystore,
  makeKey,
  makeKeystore,
  makeRevocation,
  makeRootWrapper,
  next,
  resealed,
} from '../records.ts';
import {openHandles, type MongodbHandles} from './open-handles.ts';

interface Operation {
  readonly title: string;
  /** What happens before each of its writes, where nobody is in its way: docs/mongodb-writes.md. */
  readonly steps: readonly string[];
  /** Makes what it needs. @returns the operation, which may be done twice */
  readonly begin: (stores: Stores) => Promise<(stores: Stores) => Promise<unknown>>;
}

const roots = async ({keyHierarchy}: Stores): Promise<readonly string[]> =>
  (await keyHierarchy.listRootWrappers()).map(({id}) => id);

const OPERATIONS: readonly Operation[] = [
  {
    title: 'insert key',
    steps: ['reserve', 'register', 'write', 'unregister'],
    begin: async (stores) => {
      const key = makeKey((await insertKeystore(stores)).id);
      return ({keys}) => keys.insert(key, {maxPerKeystore: 9, keystoreSequence: 0});
    },
  },
  {
    title: 'update key',
    steps: ['register', 'write', 'unregister'],
    begin: async (stores) => {
      const key = changed(await insertKey(stores, (await insertKeystore(stores)).id));
      return ({keys}) => keys.update(key, {keystoreSequence: 0});
    },
  },
  {
    title: 'replace keys',
    steps: ['register', 'write', 'write', 'unregister'],
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      const replacements = [await insertKey(stores, id), await insertKey(stores, id)].map((key) => ({
        ...{record: resealed(key), replacedSequence: 0},
      }));
      return ({keys}) => keys.replace(replacements);
    },
  },
  {
    title: 'insert revocation',
    steps: ['reserve', 'register', 'write', 'unregister'],
    begin: async (stores) => {
      const revocation = makeRevocation((await insertKeystore(stores)).id);
      return ({revocations}) => revocations.insert(revocation, {});
    },
  },
  {
    title: 'insert keystore',
    steps: ['register', 'write', 'unregister'],
    begin: async (stores) => {
      await insertKeystore(stores);
      const config = makeKeystore();
      await insertKeystoreScope(stores, config.id);
      return ({keystores}) => keystores.insert(config, {creator: ALICE, maxPerCreator: 999});
    },
  },
  {
    title: 'update keystore',
    steps: ['write'],
    begin: async (stores) => {
      const replaced = await insertKeystore(stores);
      const config = next(replaced);
      return ({keystores}) => keystores.update(config, {replaced, updater: ALICE});
    },
  },
  {
    title: 'delete keystore',
    steps: ['register', 'write', 'unregister', 'delete key', 'delete revocation', 'delete'],
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      await stores.revocations.insert(makeRevocation(id), {});
      return ({keystores}) => keystores.delete(id, {sequence: 0});
    },
  },
  {
    title: 'insert scope',
    steps: ['reserve', 'register', 'write', 'unregister'],
    begin: async (stores) => {
      const keys = makeFirstKeys(await roots(stores));
      return ({keyHierarchy}) => keyHierarchy.insertScope(keys);
    },
  },
  {
    title: 'add keys',
    steps: ['register', 'write', 'unregister'],
    begin: async (stores) => {
      const record = await insertFirstKeys(stores, await roots(stores));
      const rotation = makeRotation(record, await roots(stores));
      return ({keyHierarchy}) => keyHierarchy.addKeys(record.scope, rotation);
    },
  },
  {
    title: 'delete data key version',
    steps: ['register', 'write', 'unregister'],
    begin: async (stores) => {
      const {id} = await insertKeystore(stores);
      return ({keyHierarchy}) => keyHierarchy.deleteDataKeyVersion(materialKeyVersion(id));
    },
  },
  {
    title: 'delete scope',
    steps: ['register', 'delete', 'unregister'],
    begin: async (stores) => {
      const {scope} = await rotate(
        stores,
        await insertFirstKeys(stores, await roots(stores)),
        await roots(stores),
      );
      return ({keyHierarchy}) => keyHierarchy.deleteScope(scope);
    },
  },
  {
    title: 'update root wrapper',
    steps: ['register', 'write', 'unregister'],
    begin: async (stores) => {
      const {dataKeys} = await insertFirstKeys(stores, await roots(stores));
      const sealer = {blob: randomBlob(), dataKeyVersionId: dataKeys[0]!.versions[0]!.id};
      const [id] = await roots(stores);
      return ({keyHierarchy}) => keyHierarchy.updateRootWrapper(id!, {from: 'active', to: 'active', sealer});
    },
  },
  {
    title: 'seal root keys',
    steps: ['register', 'write', 'unregister'],
    begin: async (stores) => {
      const {rootKeyVersions} = await insertFirstKeys(stores, await roots(stores));
      const root = makeRootWrapper({state: 'adding'});
      await stores.keyHierarchy.insertRootWrapper(root);
      const sealed = rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: randomBlob()}));
      return ({keyHierarchy}) => keyHierarchy.insertSealedRootKeys(root.id, sealed);
    },
  },
];

/** Tells of steps, and holds the one that it is told to. */
class Stepping {
  #seen: string[] = [];
  #held: number | undefined;
  #reached: () => void = () => undefined;
  #release: () => void = () => undefined;

  readonly onStep = (step: string): Promise<void> | undefined => {
    this.#seen.push(step);
    if (this.#seen.length - 1 !== this.#held) return undefined;
    this.#reached();
    return new Promise((resolve) => (this.#release = resolve));
  };

  /** Begins anew. @param held the step that is not gone beyond until `release` */
  begin(held?: number): Promise<void> {
    this.#seen = [];
    this.#held = held;
    return new Promise((resolve) => (this.#reached = resolve));
  }

  get seen(): readonly string[] {
    return this.#seen;
  }

  release(): void {
    this.#held = undefined;
    this.#release();
  }
}

describe('MongoDB: operations that are held before each of their writes', function () {
  this.timeout(120_000);
  const server = useMongoJavaServer();
  const stepping = new Stepping();
  let handles: MongodbHandles;

  before(async () => {
    handles = await openHandles(server, {onStep: stepping.onStep, timeoutMs: 60_000});
    await insertKeystore(handles.other);
  });

  after(() => handles.close());

  for (const {title, steps, begin} of OPERATIONS) {
    it(`${title}: ${steps.join(', ')}`, async () => {
      const operate = await begin(handles.other);
      void stepping.begin();
      await operate(handles.stores);
      expect(stepping.seen.map((step) => step.replace(/^.*: /, ''))).to.deep.equal(steps);
      expect(await handles.other.verify()).to.deep.equal([]);
    });

    it(`${title}: held anywhere nothing of it is half seen, and another can do it`, async () => {
      for (const held of steps.keys()) {
        const operate = await begin(handles.other);
        const reached = stepping.begin(held);
        const first = Promise.allSettled([operate(handles.stores)]);
        await reached;
        const told = stepping.seen.join(', ');
        expect(await handles.other.verify(), told).to.deep.equal([]);
        const [second] = await Promise.allSettled([operate(handles.other)]);
        expect(await handles.other.verify(), told).to.deep.equal([]);
        stepping.release();
        const [late] = await first;
        expect(await handles.other.verify(), told).to.deep.equal([]);
        // One of them did it; the other too, or it was told that it is done.
        expect([second.status, late.status], told).to.include('fulfilled');
      }
    });
  }
});
