import type {Stores} from '../../../lib/storage/stores.ts';
import {insertFirstKeys, insertRoot, makeFirstKeys, makeRotation} from '../key-hierarchy-records.ts';
import {makeRootWrapper} from '../records.ts';
import {addRoot, deleteRoot, move, seal, unseal} from './hierarchy-operations.ts';
import type {Scenario} from './scenario.ts';

async function insertTwoRoots(stores: Stores): Promise<readonly [string, string]> {
  const {id: first} = await insertRoot(stores);
  const {id: second} = makeRootWrapper();
  await stores.keyHierarchy.insertRootWrapper(makeRootWrapper({id: second}));
  return [first, second];
}

export const ROOT_SCENARIOS: readonly Scenario[] = [
  {
    title: 'first keys of a scope × one more root, made active',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const keys = makeFirstKeys([id]);
      const root = makeRootWrapper({state: 'adding'});
      return [
        [({keyHierarchy}) => keyHierarchy.insertScope(keys)],
        [addRoot(root), move(root.id, 'adding', 'active')],
      ];
    },
  },
  {
    title: 'first keys of a scope × the retirement of a root, to its end',
    begin: async (stores) => {
      const [first, second] = await insertTwoRoots(stores);
      const keys = makeFirstKeys([first, second]);
      return [
        [({keyHierarchy}) => keyHierarchy.insertScope(keys)],
        [move(first, 'active', 'retiring'), unseal(first), deleteRoot(first)],
      ];
    },
  },
  {
    title: 'a rotation × one more root, made active',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const record = await insertFirstKeys(stores, [id]);
      const rotation = makeRotation(record, [id]);
      const root = makeRootWrapper({state: 'adding'});
      return [
        [({keyHierarchy}) => keyHierarchy.addKeys(record.scope, rotation)],
        [addRoot(root), seal(root.id, record), move(root.id, 'adding', 'active')],
      ];
    },
  },
  {
    title: 'a rotation × the retirement of a root, to its end',
    begin: async (stores) => {
      const roots = await insertTwoRoots(stores);
      const record = await insertFirstKeys(stores, roots);
      const rotation = makeRotation(record, roots);
      return [
        [({keyHierarchy}) => keyHierarchy.addKeys(record.scope, rotation)],
        [move(roots[0], 'active', 'retiring'), unseal(roots[0]), deleteRoot(roots[0])],
      ];
    },
  },
  {
    title: 'two retirements',
    begin: async (stores) => {
      const roots = await insertTwoRoots(stores);
      await insertFirstKeys(stores, roots);
      return roots.map((id) => [move(id, 'active', 'retiring'), unseal(id)]);
    },
  },
  {
    title: 'sealing under a root × taking the root back',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const record = await insertFirstKeys(stores, [id]);
      const root = makeRootWrapper({state: 'adding'});
      await stores.keyHierarchy.insertRootWrapper(root);
      return [[seal(root.id, record)], [move(root.id, 'adding', 'retiring'), deleteRoot(root.id)]];
    },
  },
  {
    title: 'unsealing × making the root active',
    begin: async (stores) => {
      const {id} = await insertRoot(stores);
      const root = makeRootWrapper({state: 'adding'});
      await stores.keyHierarchy.insertRootWrapper(root);
      await insertFirstKeys(stores, [id, root.id]);
      return [[unseal(root.id)], [move(root.id, 'adding', 'active'), move(id, 'active', 'retiring')]];
    },
  },
  {
    title: 'unsealing under one root × the retirement of the other',
    begin: async (stores) => {
      const [first, second] = await insertTwoRoots(stores);
      await insertFirstKeys(stores, [first, second]);
      return [
        [move(first, 'active', 'retiring'), unseal(first)],
        [move(first, 'retiring', 'active'), move(second, 'active', 'retiring'), unseal(second)],
      ];
    },
  },
  {
    title: 'two first root wrappers',
    begin: () =>
      Promise.resolve(
        [makeRootWrapper(), makeRootWrapper()].map((root) => [
          ({keyHierarchy}) => keyHierarchy.insertFirstRootWrapper(root),
        ]),
      ),
  },
];
