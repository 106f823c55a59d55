import {nextDueAt} from '../../lib/keys/key-policy.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {KeyLifecycle, type KeyLifecycleOptions} from '../../lib/maintenance/key-lifecycle.ts';
import {ImportTokens} from '../../lib/operations/import-tokens.ts';
import {KeyService} from '../../lib/operations/key-service.ts';
import {UseLimits} from '../../lib/keys/use-limits.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyRecordId, KeyRecordStore} from '../../lib/storage/key-record-store.ts';
import type {Node} from './node.ts';

export const DAY_MS = 86_400_000;

/** Stores a key with other members than a new one has; it is due when they say. */
export async function addKeyWith(
  node: Node,
  keystoreId: string,
  members: Partial<KeyRecord>,
  type?: KeyType,
): Promise<KeyRecord> {
  const record = {...(await node.makeKey(keystoreId, type)), ...members};
  const dueAt = nextDueAt(record);
  const due = {...record, ...(dueAt !== undefined && {dueAt})};
  await node.insertKey(due);
  return due;
}

export async function storedKey(node: Node, id: KeyRecordId): Promise<KeyRecord> {
  const record = await node.management.requestStores.keys.find(id);
  if (!record) throw new Error('The key is not there.');
  return record;
}

export type LifecycleParts = Partial<Omit<KeyLifecycleOptions, 'clock' | 'keys'>> & {
  readonly clock: () => number;
  readonly keys?: KeyRecordStore;
};

/** The lifecycle as key management composes it, over other stores or with other parts. */
export function lifecycleOver(
  {management}: Node,
  {clock, keys = management.requestStores.keys, ...options}: LifecycleParts,
): KeyLifecycle {
  const {stores, requestStores, settings, log, keyModules, hierarchy, root} = management;
  const service = new KeyService({
    keys,
    uses: new UseLimits({store: stores.keyUses}),
    keyModules,
    keysPerKeystore: 1000,
    defaults: settings.keyDefaults,
    importTokens: new ImportTokens({wrappers: hierarchy, replays: stores.replays}),
    log,
    now: clock,
  });
  return new KeyLifecycle({
    due: stores.keys,
    keys,
    uses: stores.keyUses,
    rotate: async ({keystoreId, localKeyId}, condition) => {
      const keystore = await requestStores.keystores.find(keystoreId);
      return keystore && service.rotate(keystore, localKeyId, {if: condition});
    },
    ping: () => stores.ping(),
    isSealed: () => root.isSealed(),
    log,
    clock,
    ...options,
  });
}
