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

const VERSIONS_A_WRITE = 64;

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
    const target = {scope, dataKeyVersionIds, findModule};
    const failed: {id: string; error: unknown}[] = [];
    const replacements: KeyRecordReplacement[] = [];
    let [resealed, conflicts] = [0, 0];
    const write = async (): Promise<void> => {
      const done = await this.#replace(replacements);
      resealed += done;
      conflicts += replacements.length - done;
      replacements.length = 0;
    };
    for (const stored of records) {
      try {
        const last = await this.#resealAllButLast(stored, target);
        if (last) replacements.push(last);
        else conflicts += 1;
      } catch (error) {
        if (error instanceof UnavailableError) throw error;
        failed.push({id: stored.localKeyId, error});
      }
      if (countVersions(replacements) >= VERSIONS_A_WRITE) await write();
      // Requests get their turn.
      await new Promise(setImmediate);
    }
    await write();
    return {resealed, conflicts, failed};
  }

  /**
   * Of a key of many versions so many are sealed anew in one write as a request may have to wait for.
   * @returns what is left to be written of it; undefined where another changed it.
   */
  async #resealAllButLast(
    stored: Authenticated<KeyRecord>,
    target: Target,
  ): Promise<KeyRecordReplacement | undefined> {
    for (let current = stored; ;) {
      const {isLast, ...replacement} = await this.#reseal(current, target);
      if (isLast) return replacement;
      if ((await this.#replace([replacement])) === 0) return undefined;
      current = replacement.record;
    }
  }

  /** @returns how many were. */
  async #replace(replacements: readonly KeyRecordReplacement[]): Promise<number> {
    if (replacements.length === 0) return 0;
    // What a loss of power undoes is found and done again.
    const replaced = await this.#stores.keys.replace(replacements, {flush: false});
    return replaced.filter(Boolean).length;
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
  ): Promise<KeyRecordReplacement & {readonly isLast: boolean}> {
    if (stored.keystoreId !== scope) {
      const {keystoreId, localKeyId} = stored;
      throw new TamperedRecordError({kind: 'key', keystoreId, localKeyId});
    }
    const verified = await this.#authenticator.verifyKey(stored);
    const stale = verified.versions.filter((version) => isUnder(dataKeyVersionIds, version));
    const isResealed = new Set(stale.slice(0, VERSIONS_A_WRITE));
    const versions = await mapInTurns(verified.versions, async (version) => {
      const {material} = version;
      return material && isResealed.has(version)
        ? resealVersion(await findModule(), verified, {...version, material})
        : version;
    });
    const record = {...verified, versions, sequence: verified.sequence + 1};
    const authentication = await this.#authenticator.authenticateKey(record);
    const left = versions.filter((version) => isUnder(dataKeyVersionIds, version));
    if (isUnder(dataKeyVersionIds, authentication) || left.length > stale.length - isResealed.size)
      throw new UnavailableError('The newest key version is not known here yet.');
    return {
      record: {...record, authentication},
      replacedSequence: stored.sequence,
      changedVersions: [...isResealed].map(({version}) => version),
      isLast: left.length === 0,
    };
  }
}

function countVersions(replacements: readonly KeyRecordReplacement[]): number {
  return replacements.reduce((sum, {changedVersions = []}) => sum + changedVersions.length, 0);
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
