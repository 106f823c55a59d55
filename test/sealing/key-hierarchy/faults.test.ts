import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import type {KeyHierarchyStore, ScopeKeysRecord} from '../../../lib/storage/key-hierarchy-store.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {MemoryKeyHierarchyStore} from '../memory-key-hierarchy-store.ts';
import {PLACE, PURPOSE, SCOPE, SECRET, storeRoot} from './fixture.ts';

const PURPOSES = [PURPOSE, 'audit'];

/** Fails one call of all that roots and store get. */
class Fault {
  calls = 0;
  failAt = -1;

  async around<T>(work: () => Promise<T>, when: 'before' | 'after'): Promise<T> {
    const fails = this.calls++ === this.failAt;
    if (fails && when === 'before') throw new UnavailableError('The device was pulled out.');
    const result = await work();
    if (fails) throw new UnavailableError('The answer was lost.');
    return result;
  }

  /** All methods of `target`, of which one call fails. */
  inject<T extends object>(target: T, methods: readonly (keyof T & string)[], when: 'before' | 'after'): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        const call = (...args: unknown[]): unknown => Reflect.apply(member, target, args);
        if (!methods.includes(name as keyof T & string)) return call;
        return (...args: unknown[]) => this.around(async () => call(...args), when);
      },
    });
  }
}

interface World {
  readonly store: MemoryKeyHierarchyStore;
  /** The process in which a call fails. */
  readonly faulty: KeyHierarchy;
  /** Others, with each of the roots alone. */
  readonly others: () => readonly KeyHierarchy[];
  readonly old: Uint8Array;
}

type Place = 'roots' | 'store, before' | 'store, after';

const CHANGES: readonly (keyof KeyHierarchyStore)[] = [
  'findScope',
  'insertScope',
  'addKeys',
  'resealDataKeyVersions',
  'insertSealedRootKeys',
  'listScopesLacking',
  'countSealed',
  'deleteDataKeyVersion',
  'deleteRootKeyVersion',
];

async function makeWorld(fault: Fault, place: Place): Promise<World> {
  const store = new MemoryKeyHierarchyStore();
  const wrappers = [
    {id: 'rw_1', wrapper: new FaultyRootWrapper('first', new Uint8Array(32).fill(1))},
    {id: 'rw_2', wrapper: new FaultyRootWrapper('second', new Uint8Array(32).fill(2))},
  ] as const;
  const open = (given: KeyHierarchyStore, roots: Parameters<typeof fixedRoots>[0]): KeyHierarchy =>
    new KeyHierarchy({store: given, roots: fixedRoots(roots), purposes: PURPOSES});
  await storeRoot(store, 'rw_1', wrappers[0].wrapper);
  const before = open(store, [wrappers[0]]);
  await before.createKeys(SCOPE, [PURPOSE]);
  const old = await (await before.wrapperFor(SCOPE, PURPOSE)).seal(SECRET, PLACE);
  await before.rotateKeys(SCOPE);
  await storeRoot(store, 'rw_2', wrappers[1].wrapper, 'adding');
  const roots = wrappers.map(({id, wrapper}) => ({
    id,
    wrapper: place === 'roots' ? fault.inject(wrapper, ['seal', 'open'], 'before') : wrapper,
  }));
  const when = place === 'store, before' ? 'before' : 'after';
  const faulty = open(place === 'roots' ? store : fault.inject(store, CHANGES, when), roots);
  return {store, faulty, others: () => [open(store, wrappers), open(store, [wrappers[0]])], old};
}

interface Change {
  readonly what: string;
  run(hierarchy: KeyHierarchy, store: MemoryKeyHierarchyStore): Promise<unknown>;
  /** One write: where it fails, nothing of it is stored. */
  readonly atomic: boolean;
}

const OLD_VERSION = (record: ScopeKeysRecord): string =>
  record.dataKeys.find(({purpose}) => purpose === 'audit')!.versions[0]!.id;

const OPERATIONS: readonly Change[] = [
  {what: 'making a scope', run: (h) => h.createKeys('another', PURPOSES), atomic: true},
  {what: 'adding a purpose', run: (h) => h.createKeys(SCOPE, PURPOSES), atomic: true},
  {what: 'rotating', run: (h) => h.rotateKeys(SCOPE), atomic: true},
  {what: 'rotating and rewrapping', run: (h) => h.rotateKeys(SCOPE, {rewrap: true}), atomic: false},
  {what: 'rewrapping', run: (h) => h.rewrapKeys(SCOPE), atomic: false},
  {what: 'sealing under a new root', run: (h) => h.sealRootKeysUnder('rw_2'), atomic: false},
  {
    what: 'adding a purpose, rotating and revoking',
    run: async (h, store) => {
      await h.createKeys(SCOPE, PURPOSES);
      const before = store.scopes.get(SCOPE)!;
      await h.rotateKeys(SCOPE);
      await h.revokeKeyVersion(OLD_VERSION(before));
    },
    atomic: false,
  },
];

async function expectWhole({store, faulty, others, old}: World): Promise<void> {
  for (const hierarchy of [faulty, ...others()]) {
    const wrapper = await hierarchy.wrapperFor(SCOPE, PURPOSE);
    expect(Buffer.from(await wrapper.open(old, PLACE)).equals(SECRET)).to.be.true;
    for (const [scope, {dataKeys}] of store.scopes)
      for (const {purpose, versions} of dataKeys)
        for (const {id} of versions) await hierarchy.wrapperFor(scope, purpose, {keyVersionId: id});
  }
}

/** What is stored changes as a whole or not at all, whichever call fails; what failed can be done again. */
describe('KeyHierarchy: one call fails, each in its turn', () => {
  for (const place of ['roots', 'store, before', 'store, after'] as const) {
    for (const operation of OPERATIONS) {
      it(`${operation.what}: ${place}`, async () => {
        const run = (world: World): Promise<unknown> => operation.run(world.faulty, world.store);
        const counting = new Fault();
        const clean = await makeWorld(counting, place);
        await run(clean);
        const {calls} = counting;
        expect(calls).to.be.greaterThan(0);
        let failed = 0;
        for (let failAt = 0; failAt < calls; failAt++) {
          const fault = new Fault();
          const world = await makeWorld(fault, place);
          const before = structuredClone(world.store.scopes);
          fault.failAt = failAt;
          const error: unknown = await run(world).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          fault.failAt = -1;
          if (error) {
            failed++;
            expect(error).to.be.instanceOf(UnavailableError);
            if (operation.atomic && place !== 'store, after')
              expect(world.store.scopes).to.deep.equal(before);
          }
          await expectWhole(world);
          await run(world);
          await expectWhole(world);
        }
        expect(failed).to.be.greaterThan(0);
      });
    }
  }
});
