import {InternalError, UnavailableError} from '../errors.ts';
import type {RecordAuthenticator} from '../integrity/record-authenticator.ts';
import {TamperedRecordError} from '../integrity/tampered-record-error.ts';
import type {KeyModule} from '../key-modules/key-module.ts';
import {findKeyType} from '../keys/key-types.ts';
import type {KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';
import type {KeyRecordReplacement, KeyMaintenance} from '../storage/key-record-store.ts';
import type {KeystoreMaintenance} from '../storage/keystore-config-store.ts';
import type {Authenticated} from '../storage/record-authentication.ts';
import {mapInTurns} from '../turns.ts';
import {isUnder, type RewrapBatch, type RewrapBatchOptions, type SealedData} from './sealed-data.ts';

export interface SealedKeyRecordsOptions {
  readonly stores: {readonly keys: KeyMaintenance; readonly keystores: KeystoreMaintenance};
  readonly authenticator: RecordAuthenticator;
  readonly keyModules: ReadonlyMap<string, KeyModule>;
}

/** Key records: the material of their versions, and their MACs. */
export class SealedKeyRecords implements SealedData {
  readonly kind = 'key record';
  readonly referencers = ['key_version.data_key_version', 'key_record.mac_key_version'];
  readonly #stores: SealedKeyRecordsOptions['stores'];
  readonly #authenticator: RecordAuthenticator;
  readonly #keyModules: ReadonlyMap<string, KeyModule>;

  constructor({stores, authenticator, keyModules}: SealedKeyRecordsOptions) {
    this.#stores = stores;
    this.#authenticator = authenticator;
    this.#keyModules = keyModules;
  }

  countUnder(scope: string, dataKeyVersionIds: readonly string[]): Promise<number> {
    return this.#stores.keys.countSealedUnder({keystoreId: scope, dataKeyVersionIds});
  }

  async rewrap(
    scope: string,
    dataKeyVersionIds: readonly string[],
    {limit, skip}: RewrapBatchOptions,
  ): Promise<RewrapBatch> {
    const listed = await this.#stores.keys.listSealedUnder({
      keystoreId: scope,
      dataKeyVersionIds,
      limit: limit + skip.size,
    });
    const records = listed.filter(({localKeyId}) => !skip.has(localKeyId)).slice(0, limit);
    if (records.length === 0) return {resealed: 0, conflicts: 0, failed: []};
    let module: Promise<KeyModule> | undefined;
    const findModule = () => (module ??= this.#keyModule(scope));
    const failed: {id: string; error: unknown}[] = [];
    const replacements: KeyRecordReplacement[] = [];
    for (const stored of records) {
      try {
        const record = await this.#reseal(stored, {scope, dataKeyVersionIds, findModule});
        replacements.push({record, replacedSequence: stored.sequence});
      } catch (error) {
        if (error instanceof UnavailableError) throw error;
        failed.push({id: stored.localKeyId, error});
      }
      // Requests get their turn.
      await new Promise(setImmediate);
    }
    // What a loss of power undoes is found and done again.
    const replaced =
      replacements.length > 0 ? await this.#stores.keys.replace(replacements, {flush: false}) : [];
    const resealed = replaced.filter(Boolean).length;
    return {resealed, conflicts: replacements.length - resealed, failed};
  }

  /** @throws TamperedRecordError, UnavailableError */
  async #keyModule(keystoreId: string): Promise<KeyModule> {
    const stored = await this.#stores.keystores.find(keystoreId);
    if (!stored) throw new UnavailableError('The keystore has been deleted.');
    const {kmsModule} = await this.#authenticator.verifyKeystore(stored);
    const module = this.#keyModules.get(kmsModule);
    if (!module) throw new InternalError(new Error(`The key module ${kmsModule} is not offered here.`));
    return module;
  }

  async #reseal(
    stored: Authenticated<KeyRecord>,
    {scope, dataKeyVersionIds, findModule}: Target,
  ): Promise<Authenticated<KeyRecord>> {
    if (stored.keystoreId !== scope) {
      const {keystoreId, localKeyId} = stored;
      throw new TamperedRecordError({kind: 'key', keystoreId, localKeyId});
    }
    const verified = await this.#authenticator.verifyKey(stored);
    const versions = await mapInTurns(verified.versions, async (version) => {
      const {material} = version;
      return material && isUnder(dataKeyVersionIds, version)
        ? resealVersion(await findModule(), verified, {...version, material})
        : version;
    });
    const record = {...verified, versions, sequence: verified.sequence + 1};
    const authentication = await this.#authenticator.authenticateKey(record);
    if ([authentication, ...versions].some((sealed) => isUnder(dataKeyVersionIds, sealed)))
      throw new UnavailableError('The newest key version is not known here yet.');
    return {...record, authentication};
  }
}

interface Target {
  readonly scope: string;
  readonly dataKeyVersionIds: readonly string[];
  /** Only asked where material is sealed: what an HSM keeps is not. */
  readonly findModule: () => Promise<KeyModule>;
}

async function resealVersion(
  module: KeyModule,
  {keystoreId, localKeyId, type}: KeyRecord,
  record: KeyVersionRecord & {readonly material: Uint8Array},
): Promise<KeyVersionRecord> {
  const keyType = findKeyType(type);
  if (!module.reseal || !keyType)
    throw new InternalError(new Error(`The key module ${module.id} cannot seal keys of type ${type} anew.`));
  const {version, publicKey, material} = record;
  const id = {keystoreId, localKeyId, type: keyType.name, version};
  return {...record, ...(await module.reseal({...id, material, ...(publicKey && {publicKey})}))};
}
