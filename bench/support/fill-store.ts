import {generateLocalId} from '../../lib/encoding/local-id.ts';
import type {KeyManagement} from '../../lib/key-management.ts';
import {findKeyModule} from '../../lib/operations/find-key-module.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {StoreTransfer} from '../../lib/storage/store-transfer.ts';
import {OWNER} from '../../test/demonstrations/population.ts';
import {at} from './at.ts';

const BATCH = 250;
/** HMAC keys are made, sealed and authenticated as any other, and take a tenth of the time to make. */
const TYPE = 'Sha256HmacKey2019';

const MOVE = {state: 'filling', moveId: 'mv_bench'} as const;

export interface FilledKeystore {
  readonly id: string;
  readonly keys: string[];
}

/** Makes keystores with one key each where there are fewer. */
async function addKeystores(
  {requestStores}: KeyManagement,
  filled: FilledKeystore[],
  {baseUrl, count}: {readonly baseUrl: string; readonly count: number},
): Promise<void> {
  while (filled.length < count) {
    const id = `${baseUrl}/kms/keystores/${generateLocalId()}`;
    const config = {id, sequence: 0, controller: OWNER.did, kmsModule: 'software'};
    await requestStores.keystores.insert(config, {
      creator: OWNER.did,
      maxPerCreator: Number.MAX_SAFE_INTEGER,
    });
    filled.push({id, keys: []});
  }
}

/**
 * Fills a store up to `count` keys, as the server would store them: half of them in the first keystore, the others in the rest.
 * They go in as they would when a store is moved, in batches.
 */
export async function fillStore(
  management: KeyManagement,
  transfer: StoreTransfer,
  filled: FilledKeystore[],
  {baseUrl, keystores, count}: {readonly baseUrl: string; readonly keystores: number; readonly count: number},
): Promise<void> {
  await addKeystores(management, filled, {baseUrl, count: keystores});
  const {keyModules, authenticator} = management;
  const module = findKeyModule('software', keyModules);
  await transfer.replaceMark({...MOVE, other: 'a benchmark', since: Date.now()}, undefined);
  let there = filled.reduce((sum, {keys}) => sum + keys.length, 0);
  while (there < count) {
    const records = await Promise.all(
      Array.from({length: Math.min(BATCH, count - there)}, async (_, index) => {
        const place = (there + index) % 2 === 0 ? 0 : 1 + (((there + index) >> 1) % (filled.length - 1));
        const {id: keystoreId, keys} = at(filled, place);
        const createdAt = Date.now();
        const identity = {keystoreId, localKeyId: generateLocalId(), type: TYPE} as const;
        const generated = await module.generateKey({...identity, version: 1});
        const record: KeyRecord = {
          ...{
            ...identity,
            sequence: 0,
            createdAt,
            updatedAt: createdAt,
            origin: 'generated',
            state: 'enabled',
          },
          versions: [{version: 1, createdAt, state: 'enabled', ...generated}],
        };
        const authentication = await authenticator.authenticateKey(record);
        keys.push(`${keystoreId}/keys/${identity.localKeyId}`);
        return {record: {...record, authentication}, uses: []};
      }),
    );
    await transfer.put('key', records, MOVE.moveId);
    there += records.length;
  }
  await transfer.replaceMark(undefined, MOVE);
}
