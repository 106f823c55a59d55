import {pino} from 'pino';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {generateLocalId} from '../../lib/encoding/local-id.ts';
import {RecordAuthenticator} from '../../lib/integrity/record-authenticator.ts';
import {SoftwareKeyModule} from '../../lib/key-modules/software/software-key-module.ts';
import {openKeyManagement} from '../../lib/key-management.ts';
import {openStores} from '../../lib/open-stores.ts';
import {KeyHierarchy} from '../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {PURPOSES} from '../../lib/sealing/scopes.ts';
import {NO_SECRETS} from '../../lib/sealing/secrets.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {OWNER} from '../../test/demonstrations/population.ts';
import {at} from './at.ts';

const BATCH = 250;
/** HMAC keys are made, sealed and authenticated as any other, and take a tenth of the time to make. */
const TYPE = 'Sha256HmacKey2019';
const MOVE = {state: 'filling', moveId: 'mv_bench'} as const;
const log = pino({level: 'error'});

export interface FilledKeystore {
  readonly id: string;
  /** URLs. */
  readonly keys: string[];
}

export type Environment = Readonly<Record<string, string>>;

async function makeKeystores(environment: Environment, count: number): Promise<readonly FilledKeystore[]> {
  await using closing = new AsyncDisposableStack();
  const settings = loadSettings({environment});
  const {requestStores} = await openKeyManagement(settings, {log, closing});
  const made: FilledKeystore[] = [];
  while (made.length < count) {
    const id = `${settings.baseUrl}/kms/keystores/${generateLocalId()}`;
    const config = {id, sequence: 0, controller: OWNER.did, kmsModule: 'software'};
    await requestStores.keystores.insert(config, {creator: OWNER.did, maxPerCreator: count});
    made.push({id, keys: []});
  }
  return made;
}

/**
 * Fills an empty store with keys, as the server would store them: half of them in the first keystore, the others in the rest. They
 * go in as they do when a store is moved, in batches, which nobody else may use meanwhile.
 */
export async function fillStore(
  environment: Environment,
  {keystores, count}: {readonly keystores: number; readonly count: number},
): Promise<readonly FilledKeystore[]> {
  const filled = await makeKeystores(environment, keystores);
  await using closing = new AsyncDisposableStack();
  const settings = loadSettings({environment: {...environment, WEBKMS_STORAGE_TIMEOUT: '1m'}});
  const stores = await openStores(settings);
  closing.defer(() => stores.close());
  const {transfer, keyHierarchy: store} = stores;
  if (!transfer) throw new Error('The store cannot be filled in batches.');
  const root = await RootOfTrust.open({store, seedUri: settings.rootWrapper, secretSource: NO_SECRETS, log});
  closing.defer(() => root.close());
  const wrappers = new KeyHierarchy({store, roots: root, purposes: PURPOSES, log});
  closing.defer(() => wrappers.close());
  const module = new SoftwareKeyModule({wrappers});
  closing.defer(() => module.close());
  const authenticator = new RecordAuthenticator({wrappers});

  const make = async (index: number) => {
    const place = index % 2 === 0 ? 0 : 1 + ((index >> 1) % (filled.length - 1));
    const {id: keystoreId, keys} = at(filled, place);
    const createdAt = Date.now();
    const identity = {keystoreId, localKeyId: generateLocalId(), type: TYPE} as const;
    const generated = await module.generateKey({...identity, version: 1});
    const record: KeyRecord = {
      ...{...identity, sequence: 0, createdAt, updatedAt: createdAt, origin: 'generated', state: 'enabled'},
      versions: [{version: 1, createdAt, state: 'enabled', ...generated}],
    };
    keys.push(`${keystoreId}/keys/${identity.localKeyId}`);
    return {record: {...record, authentication: await authenticator.authenticateKey(record)}, uses: []};
  };
  await transfer.replaceMark({...MOVE, other: 'a benchmark', since: Date.now()}, undefined);
  for (let there = 0; there < count; there += BATCH) {
    const indexes = Array.from({length: Math.min(BATCH, count - there)}, (_, index) => there + index);
    await transfer.put('key', await Promise.all(indexes.map(make)), MOVE.moveId);
  }
  await transfer.replaceMark(undefined, MOVE);
  return filled;
}
