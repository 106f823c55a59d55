import fc from 'fast-check';
import {expect} from 'chai';
import type {Stores} from '../../../lib/storage/stores.ts';
import {materialKeyVersion} from '../keystore-scope.ts';
import {insertRoot, makeFirstKeys, makeRotation} from '../key-hierarchy-records.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  makeKey,
  makeRootWrapper,
  next,
  tombstone,
} from '../records.ts';
import {tidyUp} from './aftermath.ts';
import {problemsOf, remainsOf, UNCOUNTED} from './database-soundness.ts';
import {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';
import {Actor, type Script} from './schedule.ts';
import {sequentialSummaries, summaryOf} from './sequences.ts';

type Operation = Script<Stores>[number];

/** Operations on one keystore and the roots, of which some get in the way of some. */
async function beginWithKeystore(stores: Stores): Promise<readonly Operation[]> {
  const config = await insertKeystore(stores);
  const {id} = config;
  const key = await insertKey(stores, id);
  const [root] = await stores.keyHierarchy.listRootWrappers();
  const [first, second] = [makeKey(id), makeKey(id)];
  const [updated, erased] = [changed(key), tombstone(key)];
  const transferred = next(config, {controller: BOB});
  const sealer = {blob: Buffer.from('sealer'), dataKeyVersionId: materialKeyVersion(id)};
  return [
    ({keys}) => keys.insert(first, {maxPerKeystore: 2, keystoreSequence: 0}),
    ({keys}) => keys.insert(second, {maxPerKeystore: 2, keystoreSequence: 1}),
    ({keys}) => keys.update(updated, {keystoreSequence: 0}),
    ({keys}) => keys.update(erased),
    ({keystores}) => keystores.update(transferred, {replaced: config, updater: ALICE}),
    ({keystores}) => keystores.delete(id, {sequence: 0}),
    ({keystores}) => keystores.delete(id, {sequence: 1}),
    ({keyHierarchy}) => keyHierarchy.deleteDataKeyVersion(materialKeyVersion(id)),
    ({keyHierarchy}) => keyHierarchy.updateRootWrapper(root!.id, {from: 'active', to: 'active', sealer}),
  ];
}

/** Operations on the roots and on scopes. */
async function beginWithRoots(stores: Stores): Promise<readonly Operation[]> {
  const {id: first} = await insertRoot(stores);
  const [second, third] = [makeRootWrapper(), makeRootWrapper({state: 'adding'})];
  await stores.keyHierarchy.insertRootWrapper(second);
  const roots = [first, second.id];
  const record = makeFirstKeys(roots);
  await stores.keyHierarchy.insertScope(record);
  const [underTwo, underThree] = [makeFirstKeys(roots), makeFirstKeys([...roots, third.id])];
  const rotation = makeRotation(record, roots);
  const sealed = record.rootKeyVersions.map(({id}) => ({rootKeyVersionId: id, blob: Buffer.from('sealed')}));
  return [
    ({keyHierarchy}) => keyHierarchy.insertScope(underTwo),
    ({keyHierarchy}) => keyHierarchy.insertScope(underThree),
    ({keyHierarchy}) => keyHierarchy.addKeys(record.scope, rotation),
    ({keyHierarchy}) => keyHierarchy.insertRootWrapper(third),
    ({keyHierarchy}) => keyHierarchy.insertSealedRootKeys(third.id, sealed),
    ({keyHierarchy}) => keyHierarchy.updateRootWrapper(third.id, {from: 'adding', to: 'active'}),
    ({keyHierarchy}) => keyHierarchy.updateRootWrapper(first, {from: 'active', to: 'retiring'}),
    ({keyHierarchy}) => keyHierarchy.updateRootWrapper(second.id, {from: 'active', to: 'retiring'}),
    ({keyHierarchy}) => keyHierarchy.deleteSealedRootKeys(first, {limit: 9}),
    ({keyHierarchy}) => keyHierarchy.deleteRootWrapper(first),
    ({keyHierarchy}) => keyHierarchy.deleteScope(record.scope),
  ];
}

/** In place of somebody's turn: all that are registered are taken for dead. */
const TIDY = 11;

/** Whose turn it is, command by command; in the end everybody goes on to the end. */
async function runRandomly(
  database: ModelDatabase,
  scripts: readonly Script<Stores>[],
  turns: readonly number[],
): Promise<readonly Actor[]> {
  const actors = scripts.map(() => new Actor());
  for (const [index, actor] of actors.entries()) {
    await actor.start(scripts[index]!, openModelStores(database, actor));
  }
  for (const turn of turns) {
    if (turn === TIDY) await tidyUp(database);
    const waiting = actors.filter(({isDone}) => !isDone);
    if (waiting.length > 0) await waiting[turn % waiting.length]!.step();
  }
  for (const actor of actors) while (!actor.isDone) await actor.step();
  return actors;
}

describe('MongoDB: several operations at the same time, in any order of their commands', function () {
  this.timeout(120_000);

  for (const [what, begin] of Object.entries({
    'a keystore': beginWithKeystore,
    'roots and scopes': beginWithRoots,
  })) {
    it(`does to ${what} what they would one after the other, in some order`, async () => {
      const begun = new ModelDatabase();
      const operations = await begin(openModelStores(begun));
      const chosen = fc.uniqueArray(fc.nat(operations.length - 1), {minLength: 3, maxLength: 4});
      const turns = fc.array(fc.nat(TIDY), {minLength: 20, maxLength: 80});
      await fc.assert(
        fc.asyncProperty(chosen, turns, async (choice, schedule) => {
          const scripts = choice.map((index) => [operations[index]!]);
          const database = begun.clone();
          const actors = await runRandomly(database, scripts, schedule);
          expect(problemsOf(database)).to.deep.equal([]);
          expect(remainsOf(database)).to.deep.equal([]);
          const allowed = await sequentialSummaries(begun, scripts, UNCOUNTED);
          const summary = summaryOf(
            actors.map(({outcomes}) => outcomes),
            database,
            UNCOUNTED,
          );
          expect(allowed.has(summary), summary.slice(0, 300)).to.equal(true);
        }),
        {numRuns: 300},
      );
    });
  }
});
