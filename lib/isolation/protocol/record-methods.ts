import type {DueKey, KeyMaintenance, KeyRecordReplacement} from '../../storage/key-record-store.ts';
import type {KeystoreMaintenance} from '../../storage/keystore-config-store.ts';
import type {StateRequest, StateStore, StoredState} from '../../storage/state-store.ts';
import type {MethodsOf} from '../../rpc/methods-of.ts';
import {authentication, keystoreConfig, storedKey, storedKeystore} from './record-shapes.ts';
import {
  boolean,
  count,
  done,
  fields,
  integer,
  list,
  maybe,
  object,
  optional,
  text,
  tuple,
} from '../../rpc/shape.ts';

const keyId = fields({keystoreId: text, localKeyId: text});
const cursor = optional(text);
const page = fields({limit: count, cursor});
const keystorePage = fields({keystoreId: text, limit: count, cursor});
const texts = fields({results: list(text), cursor});
const ifSequence = optional(count);
const changedVersions = optional(list(count));

export const KEYSTORE_METHODS: MethodsOf<KeystoreMaintenance> = {
  insert: {
    parameters: tuple(storedKeystore, fields({creator: text, maxPerCreator: count})),
    result: done,
    writes: true,
  },
  find: {parameters: tuple(text), result: maybe(storedKeystore)},
  update: {
    parameters: tuple(storedKeystore, fields({replaced: keystoreConfig, updater: text})),
    result: done,
    writes: true,
  },
  list: {
    parameters: tuple(fields({controller: text, limit: count, cursor})),
    result: fields({results: list(storedKeystore), cursor}),
  },
  delete: {parameters: tuple(text, fields({sequence: count})), result: done, writes: true},
  listIds: {parameters: tuple(page), result: texts},
  replaceAuthentication: {parameters: tuple(storedKeystore, authentication), result: boolean, writes: true},
};

const dueKey = object<DueKey>({keystoreId: text, localKeyId: text, dueAt: integer});
const sealedUnder = {keystoreId: text, dataKeyVersionIds: list(text)};

export const KEY_METHODS: MethodsOf<KeyMaintenance> = {
  insert: {
    parameters: tuple(storedKey, fields({maxPerKeystore: count, keystoreSequence: ifSequence})),
    result: done,
    writes: true,
  },
  find: {parameters: tuple(keyId), result: maybe(storedKey)},
  findByName: {parameters: tuple(fields({keystoreId: text, name: text})), result: maybe(storedKey)},
  update: {
    parameters: tuple(storedKey, maybe(fields({keystoreSequence: ifSequence, changedVersions}))),
    result: done,
    writes: true,
  },
  list: {parameters: tuple(keystorePage), result: fields({results: list(storedKey), cursor})},
  listIds: {parameters: tuple(keystorePage), result: texts},
  replace: {
    parameters: tuple(
      list(object<KeyRecordReplacement>({record: storedKey, replacedSequence: count, changedVersions})),
      maybe(fields({flush: optional(boolean)})),
    ),
    result: list(boolean),
    writes: true,
  },
  listDue: {
    parameters: tuple(fields({at: integer, limit: count, after: optional(dueKey)})),
    result: list(dueKey),
  },
  listSealedUnder: {parameters: tuple(fields({...sealedUnder, limit: count})), result: list(storedKey)},
  countSealedUnder: {parameters: tuple(fields(sealedUnder)), result: count},
};

export const STATE_METHODS: MethodsOf<StateStore> = {
  read: {
    parameters: tuple(
      object<StateRequest>({
        keystoreId: text,
        localKeyId: optional(text),
        revocations: optional(list(fields({delegator: text, capabilityId: text}))),
      }),
    ),
    result: object<StoredState>({
      keystore: maybe(storedKeystore),
      key: maybe(storedKey),
      isAnyRevoked: boolean,
    }),
  },
};
