import {randomBytes} from 'node:crypto';
import {InvalidStateError, UnavailableError} from '../../errors.ts';
import type {StoredDocument} from './collections.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {GuardedWrites} from './guarded-write.ts';
import {keystorePlace, sequenceError, toKeystoreConfig} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {text} from './stored-values.ts';
import {requireUnnamedBySealers} from './scope-deletions.ts';
import {registerScopeChange} from './scope-documents.ts';
import {WITHOUT_SCOPE_KEYS} from './scope-document.ts';
import {dataKeyVersionIdsOf} from './data-key-versions.ts';

const WITHOUT_KEYSTORE = {
  ...WITHOUT_SCOPE_KEYS,
  config: '',
  position: '',
  creator: '',
  acknowledgedBy: '',
  listedFor: '',
} as const;

/**
 * Deletes a keystore in two parts. One write takes its config and its key hierarchy away, and with that everything: what else
 * is there belongs to no keystore. Then that is deleted; what is left by who was stopped is found by its mark.
 */
export class KeystoreDeletion {
  readonly #connection: MongodbConnection;
  readonly #writes: GuardedWrites;

  constructor(connection: MongodbConnection, writes: GuardedWrites) {
    this.#connection = connection;
    this.#writes = writes;
  }

  async delete(id: string, sequence: number): Promise<void> {
    await this.#writes.run('delete keystore', (attempt) => this.#deleteConfig(attempt, id, sequence));
    try {
      await this.finish(id);
    } catch (error) {
      // It is deleted; what is left of it hinders nobody.
      if (!(error instanceof UnavailableError)) throw error;
    }
  }

  /** Deletes what is left of a deleted keystore. */
  finish(id: string): Promise<void> {
    return this.#writes.run('finish deletion', async (attempt) => {
      const found = await attempt.read(keystorePlace(id));
      if (found?.document['deleting'] === undefined) return;
      // Not of a keystore that has the same id later.
      const left = {keystoreId: id, incarnation: text(found.document['incarnation'])};
      for (const collection of ['key', 'revocation'] as const) {
        await attempt.step(`delete ${collection}`);
        await this.#connection.removeMany(collection, left);
      }
      await attempt.remove(found.target);
    });
  }

  async #deleteConfig(attempt: Attempt, id: string, sequence: number): Promise<void> {
    const found = await attempt.read(keystorePlace(id));
    const config = found && toKeystoreConfig(found.document);
    if (!found || config?.sequence !== sequence) throw sequenceError();
    const {document, target} = found;
    await registerScopeChange(attempt, found, {isOnlyCounted: true});
    await attempt.fence(document);
    await this.#requireNoKeys(document);
    await requireUnnamedBySealers(attempt, [...dataKeyVersionIdsOf(document)]);
    await attempt.commit(target, {
      $set: {deleting: randomBytes(12).toString('hex')},
      $unset: WITHOUT_KEYSTORE,
    });
  }

  async #requireNoKeys({_id}: StoredDocument): Promise<void> {
    const kept = {keystoreId: _id, kept: true};
    if (await this.#connection.findOne('key', kept, {reading: 'decisive', projection: {_id: 1}})) {
      throw new InvalidStateError('The keystore holds keys.');
    }
  }
}
