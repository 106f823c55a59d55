import {DuplicateError, KeySequenceError, KeystoreSequenceError} from '../../../lib/errors.ts';
import type {KeyRecordId} from '../../../lib/storage/key-record-store.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {insertKeystoreScope, makeAuthentication} from '../keystore-scope.ts';
import {
  ALICE,
  BOB,
  changed,
  insertKey,
  insertKeystore,
  makeKey,
  makeKeystore,
  next,
  resealed,
  tombstone,
} from '../records.ts';
import {plain} from '../store-suite.ts';
import type {WriteCase} from './write-case.ts';

const QUOTA = {maxPerKeystore: 1000};

const keystoreSeen = (id: string) => async (stores: Stores) => plain(await stores.keystores.find(id));
const keySeen = (id: KeyRecordId) => async (stores: Stores) => plain(await stores.keys.find(id));

export const RECORD_WRITES = {
  'keystores.insert': {
    async prepare(stores) {
      const config = makeKeystore();
      await insertKeystoreScope(stores, config.id);
      return {
        run: ({keystores}) => keystores.insert(config, {creator: ALICE, maxPerCreator: 1000}),
        again: {refuses: DuplicateError},
        look: keystoreSeen(config.id),
        made: plain(config),
      };
    },
  },
  'keystores.update': {
    async prepare(stores) {
      const replaced = await insertKeystore(stores);
      const config = next(replaced, {controller: BOB});
      return {
        run: ({keystores}) => keystores.update(config, {replaced, updater: ALICE}),
        again: {refuses: KeystoreSequenceError},
        look: keystoreSeen(config.id),
        made: plain(config),
      };
    },
  },
  'keystores.delete': {
    async prepare(stores) {
      const {id} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      await stores.keys.update(tombstone(key));
      return {
        run: ({keystores}) => keystores.delete(id, {sequence: 0}),
        again: {refuses: KeystoreSequenceError},
        // Of a keystore that is gone, what was left of deleted keys may go later: nobody is told of it.
        look: keystoreSeen(id),
        made: undefined,
      };
    },
  },
  'keystores.replaceAuthentication': {
    async prepare(stores) {
      const replaced = await insertKeystore(stores);
      const authentication = makeAuthentication(replaced.id, 2);
      return {
        run: ({keystores}) => keystores.replaceAuthentication(replaced, authentication),
        gives: true,
        again: {gives: false},
        look: keystoreSeen(replaced.id),
        made: plain({...replaced, authentication}),
      };
    },
  },
  'keys.insert': {
    async prepare(stores) {
      const {id} = await insertKeystore(stores);
      const record = makeKey(id, {tags: {name: 'signing'}});
      return {
        run: ({keys}) => keys.insert(record, {...QUOTA, keystoreSequence: 0}),
        again: {refuses: DuplicateError},
        look: keySeen(record),
        made: plain(record),
      };
    },
  },
  'keys.update': {
    async prepare(stores) {
      const {id} = await insertKeystore(stores);
      const record = changed(await insertKey(stores, id), {state: 'disabled', tags: {name: 'signing'}});
      return {
        run: ({keys}) => keys.update(record, {keystoreSequence: 0}),
        again: {refuses: KeySequenceError},
        look: keySeen(record),
        made: plain(record),
      };
    },
  },
  'keys.replace': {
    async prepare(stores) {
      const {id} = await insertKeystore(stores);
      const record = resealed(await insertKey(stores, id));
      return {
        run: ({keys}) => keys.replace([{record, replacedSequence: 0}], {flush: true}),
        gives: [true],
        again: {gives: [false]},
        look: keySeen(record),
        made: plain(record),
      };
    },
  },
  'keyUses.add': {
    async prepare(stores) {
      const {id} = await insertKeystore(stores);
      const {keystoreId, localKeyId} = await insertKey(stores, id);
      return {
        // What is reserved twice is used at most once: it counts for too much, never for too little.
        run: ({keyUses}) => keyUses.add({keystoreId, localKeyId, version: 1, count: 3}),
        gives: 3,
        again: {gives: 6},
        look: async ({keyUses}) => [...(await keyUses.find({keystoreId, localKeyId}))],
        made: [[1, 3]],
        madeTwice: [[1, 6]],
      };
    },
  },
} satisfies Record<string, WriteCase>;
