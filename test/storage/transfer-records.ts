import {randomBytes} from 'node:crypto';
import type {Page} from '../../lib/storage/keystore-config-store.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {
  TRANSFER_KINDS,
  type StoreTransfer,
  type TransferKind,
  type TransferRecords,
} from '../../lib/storage/store-transfer.ts';
import {insertFirstKeys, makeFirstKeys, randomBlob, rotate} from './key-hierarchy-records.ts';
import {
  ALICE,
  BOB,
  CAROL,
  changed,
  insertKey,
  insertKeystore,
  makeRevocation,
  makeRootWrapper,
  next,
  NOW,
  tombstone,
  withoutMaterial,
} from './records.ts';
import {materialKeyVersion} from './keystore-scope.ts';
import {plain} from './store-suite.ts';

export const MOVE_ID = 'mv_of_the_test';

/** The part of a store that moves it. */
export function transferOf({transfer}: Stores): StoreTransfer {
  if (!transfer) throw new Error('The store cannot be moved.');
  return transfer;
}

/** Everything of a kind, read in pages. */
export async function listAll<Kind extends TransferKind>(
  transfer: StoreTransfer,
  kind: Kind,
  limit = 1000,
): Promise<TransferRecords[Kind][]> {
  const all: TransferRecords[Kind][] = [];
  let cursor: string | undefined;
  do {
    const page: Page<TransferRecords[Kind]> = await transfer.list(kind, {limit, cursor});
    all.push(...page.results);
    ({cursor} = page);
  } while (cursor !== undefined);
  return all;
}

/** All that a store has, for a comparison. */
export async function contentOf(stores: Stores, limit?: number): Promise<Record<string, unknown>> {
  const kinds = await Promise.all(
    TRANSFER_KINDS.map(
      async (kind) => [kind, plain(await listAll(transferOf(stores), kind, limit))] as const,
    ),
  );
  return Object.fromEntries(kinds);
}

export async function beginFilling(stores: Stores): Promise<StoreTransfer> {
  const transfer = transferOf(stores);
  const mark = {state: 'filling', moveId: MOVE_ID, other: 'sqlite:/elsewhere', since: NOW} as const;
  if (!(await transfer.replaceMark(mark, undefined))) throw new Error('The store was marked already.');
  return transfer;
}

export async function putAll(from: Stores, to: StoreTransfer, limit = 1000): Promise<void> {
  for (const kind of TRANSFER_KINDS) await putKind(kind, from, to, limit);
}

async function putKind(kind: TransferKind, from: Stores, to: StoreTransfer, limit: number): Promise<void> {
  const all = await listAll(transferOf(from), kind);
  for (let start = 0; start < all.length; start += limit) {
    await to.put(kind, all.slice(start, start + limit), MOVE_ID);
  }
}

/** Stores at least two of every kind of record, in every state, by the ways in which they come to be. */
export async function fillStore(stores: Stores): Promise<{readonly keystoreIds: readonly string[]}> {
  const {keyHierarchy, keystores} = stores;
  const roots = [makeRootWrapper(), makeRootWrapper({parameters: '{"n":16}', uri: 'shamir:2-of-3'})];
  await keyHierarchy.insertFirstRootWrapper(roots[0]!);
  await keyHierarchy.insertRootWrapper(roots[1]!);
  await addPrunedScope(
    stores,
    roots.map(({id}) => id),
  );
  const first = await insertKeystore(stores, {meterId: 'urn:meter', ipAllowList: ['10.0.0.0/8']}, ALICE);
  const second = await insertKeystore(stores, {controller: [BOB, ALICE, CAROL]}, BOB);
  const third = await insertKeystore(stores, {controller: [ALICE, BOB]}, ALICE);
  await keystores.update(next(second, {kmsModule: 'software'}), {replaced: second, updater: CAROL});
  for (const {id} of roots) {
    const dataKeyVersionId = materialKeyVersion(first.id, 2);
    const sealer = {blob: randomBlob(), dataKeyVersionId};
    await keyHierarchy.updateRootWrapper(id, {from: 'active', to: 'active', sealer});
  }
  for (let round = 0; round < 2; round++) {
    for (const {id} of [third, first, second]) await addKeys(stores, id, round);
  }
  await addRevocations(stores, [second.id, first.id]);
  for (let count = 0; count < 3; count++)
    await stores.replays.remember(randomBytes(32), {expiresAt: NOW + count});
  await addJobs(stores, first.id);
  return {keystoreIds: [first.id, second.id, third.id]};
}

/** A scope with versions that were pruned: the first ones, and some in between. */
async function addPrunedScope(stores: Stores, rootWrapperIds: readonly string[]): Promise<void> {
  const {keyHierarchy} = stores;
  let scope = await insertFirstKeys(stores, rootWrapperIds);
  for (let version = 2; version <= 5; version++) scope = await rotate(stores, scope, rootWrapperIds);
  for (const {versions} of scope.dataKeys) {
    for (const index of [0, 2]) await keyHierarchy.deleteDataKeyVersion(versions[index]!.id);
  }
  for (const index of [0, 2]) await keyHierarchy.deleteRootKeyVersion(scope.rootKeyVersions[index]!.id);
  const bare = makeFirstKeys(rootWrapperIds, {dataKeys: []});
  await keyHierarchy.insertScope(bare);
}

async function addKeys(stores: Stores, keystoreId: string, round: number): Promise<void> {
  const {keys, keyUses} = stores;
  const used = await insertKey(stores, keystoreId);
  await keyUses.add({keystoreId, localKeyId: used.localKeyId, version: 1, count: 7});
  const rich = await insertKey(stores, keystoreId, {
    keyOps: ['sign', 'verify'],
    tags: {name: `key ${round}`, __proto__x: '1', stage: ''},
    description: 'of the test 🔑',
    policy: {exportable: false, rate: {uses: 1, perSeconds: 2}},
    dueAt: NOW + 5,
    maxCapabilityChainLength: 2,
    publicAlias: 'did:example:1#a',
    publicAliasTemplate: '{controller}#{publicKeyMultibase}',
    origin: 'imported',
  });
  const [version] = rich.versions as [(typeof rich.versions)[0]];
  const added = {...version, createdAt: NOW + 9, publicKey: randomBytes(33), material: randomBytes(93)};
  const rotated = changed(rich, {
    versions: [
      {...version, state: 'disabled'},
      {...added, version: 2, certificates: [randomBytes(300), randomBytes(10)]},
      {...added, version: 3, dataKeyVersionId: materialKeyVersion(keystoreId, 2)},
    ],
  });
  await keys.update(rotated);
  for (const version of [3, 1]) {
    await keyUses.add({keystoreId, localKeyId: rich.localKeyId, version, count: version});
  }
  const deleted = await insertKey(stores, keystoreId);
  await keyUses.add({keystoreId, localKeyId: deleted.localKeyId, version: 1, count: 1});
  await keys.update(tombstone(deleted));
  const pending = await insertKey(stores, keystoreId, {state: 'disabled'});
  const deletion = {requestedAt: NOW, destroyAt: NOW + 100, restoresTo: 'disabled'} as const;
  await keys.update(changed(pending, {state: 'pendingDeletion', deletion, dueAt: NOW + 100}));
  const half = await insertKey(stores, keystoreId);
  const [old] = half.versions as [typeof version];
  await keys.update(changed(half, {versions: [withoutMaterial(old), {...old, version: 2}]}));
}

async function addRevocations({revocations}: Stores, keystoreIds: readonly string[]): Promise<void> {
  for (let count = 0; count < 3; count++) {
    for (const id of keystoreIds) {
      await revocations.insert(makeRevocation(id, {delegator: count === 1 ? BOB : ALICE}), {});
      await revocations.insert(makeRevocation(id, {revoker: BOB}), {charge: {to: BOB, max: 10}});
    }
  }
}

async function addJobs({jobs}: Stores, scope: string): Promise<void> {
  for (const failure of [undefined, 'It was given up.', undefined]) {
    const id = `job_${randomBytes(8).toString('hex')}`;
    const steps = ['rotate', 'prune'] as const;
    await jobs.insert({
      id,
      steps,
      createdAt: NOW,
      ...(failure !== undefined && {scope, rotateBefore: NOW - 1}),
    });
    await jobs.acquire(id, {holder: 'a', now: NOW, expiresAt: NOW + 1});
    await jobs.saveProgress(id, {holder: 'a', progress: '{"at":1}'});
    await jobs.finish(id, {holder: 'a', finishedAt: NOW + 2, ...(failure !== undefined && {failure})});
  }
}
