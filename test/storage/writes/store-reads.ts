import {randomBytes} from 'node:crypto';
import type {Stores} from '../../../lib/storage/stores.ts';
import {materialKeyVersion} from '../keystore-scope.ts';
import {ALICE, insertKey, insertKeystore, makeRevocation, NOW} from '../records.ts';
import type {StoreMethod} from './write-case.ts';

/** What `StoredThings` says is there, so that each read finds something. */
export interface StoredThings {
  readonly keystoreId: string;
  readonly localKeyId: string;
  readonly delegator: string;
  readonly capabilityId: string;
  readonly jobId: string;
  readonly dataKeyVersionIds: readonly string[];
}

export async function storeThings(stores: Stores): Promise<StoredThings> {
  const {id: keystoreId} = await insertKeystore(stores);
  const {localKeyId} = await insertKey(stores, keystoreId, {tags: {name: 'signing'}, dueAt: NOW});
  const revocation = makeRevocation(keystoreId);
  await stores.revocations.insert(revocation, {});
  await stores.keyUses.add({keystoreId, localKeyId, version: 1, count: 3});
  const jobId = `job_${randomBytes(8).toString('hex')}`;
  await stores.jobs.insert({id: jobId, steps: ['rewrap'], createdAt: NOW});
  return {...revocation, localKeyId, jobId, dataKeyVersionIds: [materialKeyVersion(keystoreId)]};
}

const page = {limit: 10};

/** Every read of every store, that finds what was stored. */
export const STORE_READS = {
  'keystores.find': ({keystores}, {keystoreId}) => keystores.find(keystoreId),
  'keystores.list': ({keystores}) => keystores.list({controller: ALICE, ...page}),
  'keystores.listIds': ({keystores}) => keystores.listIds(page),
  'keys.find': ({keys}, id) => keys.find(id),
  'keys.findByName': ({keys}, {keystoreId}) => keys.findByName({keystoreId, name: 'signing'}),
  'keys.list': ({keys}, {keystoreId}) => keys.list({keystoreId, ...page}),
  'keys.listIds': ({keys}, {keystoreId}) => keys.listIds({keystoreId, ...page}),
  'keys.listDue': ({keys}) => keys.listDue({at: NOW, ...page}),
  'keys.listSealedUnder': ({keys}, things) => keys.listSealedUnder({...things, ...page}),
  'keys.countSealedUnder': ({keys}, things) => keys.countSealedUnder(things),
  'keyUses.find': async ({keyUses}, id) => [...(await keyUses.find(id))],
  'revocations.isAnyRevoked': ({revocations}, things) =>
    revocations.isAnyRevoked(things.keystoreId, [things]),
  'revocations.list': ({revocations}, {keystoreId}) => revocations.list({keystoreId, ...page}),
  'jobs.findUnfinished': ({jobs}) => jobs.findUnfinished(),
  'jobs.find': ({jobs}, {jobId}) => jobs.find(jobId),
  'jobs.listNewest': ({jobs}) => jobs.listNewest(page),
  'state.read': ({state}, things) => state.read({...things, revocations: [things]}),
  'keyHierarchy.listRootWrappers': ({keyHierarchy}) => keyHierarchy.listRootWrappers(),
  'keyHierarchy.listScopesLacking': ({keyHierarchy}) => keyHierarchy.listScopesLacking('rw_other', page),
  'keyHierarchy.countSealed': ({keyHierarchy}) => keyHierarchy.countSealed('rw_of_keystores'),
  'keyHierarchy.findScope': ({keyHierarchy}, {keystoreId}) => keyHierarchy.findScope(keystoreId),
  'keyHierarchy.listScopes': ({keyHierarchy}) => keyHierarchy.listScopes(page),
  'keyHierarchy.listReferenced': ({keyHierarchy}, {dataKeyVersionIds}) =>
    keyHierarchy.listReferenced(dataKeyVersionIds),
  'keyHierarchy.listDataKeyVersionReferencers': ({keyHierarchy}) =>
    keyHierarchy.listDataKeyVersionReferencers(),
  'keyHierarchy.readCollectionVersion': ({keyHierarchy}) => keyHierarchy.readCollectionVersion(),
  'keyHierarchy.validateSchema': ({keyHierarchy}) => keyHierarchy.validateSchema(),
} satisfies Partial<Record<StoreMethod, (stores: Stores, things: StoredThings) => Promise<unknown>>>;

export type StoreRead = keyof typeof STORE_READS;

/** As DECISIVE_WRITES. */
export const DECISIVE_READS: ReadonlySet<string> = new Set([
  'keystores.find',
  'keys.find',
  'keys.list',
  'revocations.isAnyRevoked',
  'state.read',
  'keyHierarchy.findScope',
] satisfies StoreRead[]);
