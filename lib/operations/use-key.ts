import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {KmsError} from '../errors.ts';
import {currentVersion} from '../keys/key-state.ts';
import {assertUse} from '../keys/key-use-rules.ts';
import {KEY_USES} from '../keys/key-uses.ts';
import type {KeyPolicy, KeyRecord, KeyUse} from '../storage/key-record.ts';
import {Turns} from '../turns.ts';
import {findKey, type KeyRequest} from './find-key.ts';
import {findKeyModule} from './find-key-module.ts';
import type {KeyServiceParts} from './key-service-options.ts';
import type {BatchDescriptor, UseDescriptor} from './operation.ts';
import {usableKey, type UsableKey} from './usable-key.ts';
import {withCurrentKey} from './with-current-key.ts';

/** Of whatever use: only its own descriptor knows its members. */
type Item = Parameters<UseDescriptor['run']>[0];

/** Uses a key once: what may be told is told in the order of the lines. */
export function useKey(
  descriptor: UseDescriptor,
  operation: Item,
  request: KeyRequest,
  {keys, uses, keyModules, now}: KeyServiceParts,
): Promise<object> {
  const {action} = descriptor;
  const module = findKeyModule(request.keystore.kmsModule, keyModules);
  return withCurrentKey(
    () => findKey(keys, request),
    async (record) => {
      const key = usableKey(record, module);
      assertUse(record, key.type, action, {now: now(), ...descriptor.ask?.(operation)});
      uses.limitRate(record, 1);
      await takeUses(key, action, {count: 1, uses});
      return descriptor.run(operation, key);
    },
  );
}

/** For how long a batch goes on before it is asked again whether it may. */
const GO_ON_EVERY_MS = 1000;

export interface BatchCall extends KeyRequest {
  /** @throws where who asks may not any more, or does not wait for an answer */
  readonly goOn?: () => Promise<void>;
}

/**
 * Uses a key for each item, in order. What is wrong with the key is wrong with the whole batch, as long as nothing was done;
 * what is wrong with an item, or with the key later on, is told in the item's place. Nothing is told where who asks may not go on.
 */
export async function runBatch(
  {item: descriptor}: BatchDescriptor,
  {items}: Pick<OperationBody<'BatchOperation'>, 'items'>,
  request: BatchCall,
  {keys, uses, keyModules, now}: KeyServiceParts,
): Promise<OperationReply<'BatchOperation'>> {
  const {action} = descriptor;
  const module = findKeyModule(request.keystore.kmsModule, keyModules);
  const first = usableKey(await findKey(keys, request), module);
  assertUse(withoutAlgorithms(first.record), first.type, action, {now: now()});
  uses.limitRate(first.record, items.length);
  await takeUses(first, action, {count: items.length, uses});
  const counted = currentVersion(first.record).version;

  const runItem = (item: Item): Promise<object> =>
    withCurrentKey(
      () => findKey(keys, request),
      async (record) => {
        const key = usableKey(record, module);
        assertUse(record, key.type, action, {now: now(), ...descriptor.ask?.(item)});
        // Rotated meanwhile.
        if (currentVersion(record).version !== counted) await takeUses(key, action, {count: 1, uses});
        return descriptor.run(item, key);
      },
    );
  const results: Record<string, unknown>[] = [];
  const turns = new Turns();
  let askedAt = now();
  for (const item of items) {
    if (Math.abs(now() - askedAt) >= GO_ON_EVERY_MS) {
      await request.goOn?.();
      askedAt = now();
    }
    results.push({...(await runItem(item as unknown as Item).catch(refusedItem))});
    await turns.next();
  }
  return {results};
}

/** Counts what a rotation bounds: what the newest version makes. */
function takeUses(
  {record, type}: UsableKey,
  use: KeyUse,
  {count, uses}: {readonly count: number; readonly uses: KeyServiceParts['uses']},
): Promise<void> | undefined {
  const {isCounted, takesNonce = false} = KEY_USES[use];
  if (!isCounted) return undefined;
  return uses.take(record, {count, nonce: takesNonce && type.algorithm === 'AES-256-GCM'});
}

/** Which algorithm is used is the items' affair. */
function withoutAlgorithms(record: KeyRecord): KeyRecord {
  if (!record.policy?.allowedAlgorithms) return record;
  const policy: {-readonly [Member in keyof KeyPolicy]: KeyPolicy[Member]} = {...record.policy};
  delete policy.allowedAlgorithms;
  return {...record, policy};
}

/** @throws what is not the client's doing. */
function refusedItem(error: unknown): object {
  if (!(error instanceof KmsError) || error.status >= 500) throw error;
  return {error: {name: error.name, message: error.message}};
}
