import {UnavailableError} from '../errors.ts';
import type {RecordAuthenticator} from '../integrity/record-authenticator.ts';
import type {KeystoreMaintenance} from '../storage/keystore-config-store.ts';
import {isUnder, type RewrapBatch, type RewrapBatchOptions, type SealedData} from './sealed-data.ts';

/** The MACs of keystore configs. A keystore's scope has one. */
export class SealedKeystores implements SealedData {
  readonly kind = 'keystore';
  readonly referencers = ['keystore.mac_key_version'];
  readonly #keystores: KeystoreMaintenance;
  readonly #authenticator: RecordAuthenticator;

  constructor({
    keystores,
    authenticator,
  }: {
    readonly keystores: KeystoreMaintenance;
    readonly authenticator: RecordAuthenticator;
  }) {
    this.#keystores = keystores;
    this.#authenticator = authenticator;
  }

  async countUnder(scope: string, dataKeyVersionIds: readonly string[]): Promise<number> {
    const stored = await this.#keystores.find(scope);
    return stored && isUnder(dataKeyVersionIds, stored.authentication) ? 1 : 0;
  }

  async rewrap(
    scope: string,
    dataKeyVersionIds: readonly string[],
    {skip}: RewrapBatchOptions,
  ): Promise<RewrapBatch> {
    const stored = skip.has(scope) ? undefined : await this.#keystores.find(scope);
    if (!stored || !isUnder(dataKeyVersionIds, stored.authentication))
      return {resealed: 0, conflicts: 0, failed: []};
    try {
      const config = await this.#authenticator.verifyKeystore(stored);
      const authentication = await this.#authenticator.authenticateKeystore(config);
      if (isUnder(dataKeyVersionIds, authentication))
        throw new UnavailableError('The newest key version is not known here yet.');
      const replaced = await this.#keystores.replaceAuthentication(stored, authentication);
      return {resealed: replaced ? 1 : 0, conflicts: replaced ? 0 : 1, failed: []};
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      return {resealed: 0, conflicts: 0, failed: [{id: scope, error}]};
    }
  }
}
