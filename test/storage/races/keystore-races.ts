import {InvalidStateError, KeystoreSequenceError, NotFoundError} from '../../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError} from '../../../lib/storage/key-errors.ts';
import {insertKeystoreScope} from '../keystore-scope.ts';
import {ALICE, BOB, insertKeystore, makeKey, makeKeystore, next} from '../records.ts';
import {testExclusive, type Racer} from './race-both.ts';
import type {StoreTest} from '../store-suite.ts';

const QUOTA = {maxPerKeystore: 1000};
const NO_QUOTA = {creator: ALICE, maxPerCreator: 100_000};

export function testKeystoreRaces(test: StoreTest): void {
  const remove = (id: string): Racer => ({
    run: ({keystores}) => keystores.delete(id, {sequence: 0}),
    refusals: [InvalidStateError, KeystoreSequenceError],
  });

  testExclusive(test, 'a keystore is deleted, or gets a key', async (stores) => {
    const {id} = await insertKeystore(stores);
    const key = makeKey(id);
    return [
      remove(id),
      {run: ({keys}) => keys.insert(key, QUOTA), refusals: [NotFoundError, KeyNotFoundError]},
    ];
  });

  testExclusive(test, 'a keystore is deleted, or changed', async (stores) => {
    const replaced = await insertKeystore(stores);
    const config = next(replaced, {controller: BOB});
    return [
      remove(replaced.id),
      {
        run: ({keystores}) => keystores.update(config, {replaced, updater: ALICE}),
        refusals: [KeystoreSequenceError],
      },
    ];
  });

  testExclusive(test, 'a keystore’s keys are deleted, or it is made', async (stores) => {
    const config = makeKeystore();
    await insertKeystoreScope(stores, config.id);
    return [
      {run: ({keyHierarchy}) => keyHierarchy.deleteScope(config.id), refusals: [KeyInUseError]},
      {run: ({keystores}) => keystores.insert(config, NO_QUOTA), refusals: [KeyNotFoundError]},
    ];
  });
}
