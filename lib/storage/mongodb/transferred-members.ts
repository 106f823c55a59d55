import {NotFoundError} from '../../errors.ts';
import type {TransferRecords} from '../store-transfer.ts';
import type {StoredDocument} from './collections.ts';
import {creationOrder} from './creation-order.ts';
import {requireDataKeyVersions} from './data-key-versions.ts';
import {DuplicateKeyError} from './driver-error.ts';
import {newRevision} from './guard-document.ts';
import {dataKeyVersionIdsOfKey, keyPlace, toKeyMembers} from './key-document.ts';
import {requireSoundKey} from './key-rules.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {revocationDocumentId} from './revocation-document.ts';
import {integer, text} from './stored-values.ts';

type Collection = 'key' | 'revocation';

/** The last position that is taken in the keystore, by collection. */
const COUNTERS: Readonly<Record<Collection, string>> = {
  key: 'lastPosition',
  revocation: 'lastRevocationPosition',
};

interface NewMember {
  readonly _id: string;
  readonly keystoreId: string;
  /** The document without what every one has: revision, incarnation and position. */
  readonly members: StoredDocument;
}

/**
 * What keystores hold, as another store has it. The counter of a keystore grows after its documents are there: whatever of them is
 * missing after a crash is given the same position again.
 */
export class TransferredMembers {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  async putKeys(keys: readonly TransferRecords['key'][]): Promise<void> {
    for (const [keystoreId, ofKeystore] of Map.groupBy(keys, ({record}) => record.keystoreId)) {
      const keystore = await this.#requireKeystore(keystoreId);
      for (const {record} of ofKeystore) requireSoundKey(record);
      const named = ofKeystore.flatMap(({record}) => dataKeyVersionIdsOfKey(record));
      await requireDataKeyVersions(this.#connection, keystore, [...new Set(named)]);
      const all = ofKeystore.map(({record, uses}) => ({
        _id: keyPlace(record)._id,
        keystoreId,
        members: {
          localKeyId: record.localKeyId,
          ...toKeyMembers(record),
          order: creationOrder(),
          ...(uses.length > 0 && {uses: Object.fromEntries(uses)}),
        },
      }));
      await this.#put('key', keystore, all);
    }
  }

  async putRevocations(revocations: readonly TransferRecords['revocation'][]): Promise<void> {
    for (const [keystoreId, ofKeystore] of Map.groupBy(revocations, (each) => each.revocation.keystoreId)) {
      const keystore = await this.#requireKeystore(keystoreId);
      const all = ofKeystore.map(({revocation, chargedTo}) => {
        const {delegator, capabilityId, expiresAt, revoker, revokedAt} = revocation;
        return {
          _id: revocationDocumentId(keystoreId, delegator, capabilityId),
          keystoreId,
          members: {
            ...{delegator, capabilityId, expiresAt, revoker, revokedAt},
            ...(chargedTo !== undefined && {chargedTo}),
          },
        };
      });
      await this.#put('revocation', keystore, all);
    }
  }

  async #requireKeystore(_id: string): Promise<StoredDocument> {
    const found = await this.#connection.findOne('keystore', {_id}, {reading: 'current'});
    if (found?.['config'] === undefined) throw new NotFoundError('The keystore does not exist.');
    return found;
  }

  async #put(name: Collection, keystore: StoredDocument, all: readonly NewMember[]): Promise<void> {
    const missing = await this.#placeMissing(name, keystore, all);
    const last = missing.at(-1);
    if (!last) return;
    const incarnation = text(keystore['incarnation']);
    const inserted = await Promise.allSettled(
      missing.map(({_id, keystoreId, members, position}) =>
        this.#insert(name, {_id, keystoreId, ...members, position, incarnation, revision: newRevision()}),
      ),
    );
    const failed = inserted.find(({status}) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failed) throw failed.reason;
    const change = {$set: {[COUNTERS[name]]: last.position, revision: newRevision()}};
    await this.#connection.update('keystore', {_id: keystore['_id']}, change);
  }

  /** @returns those that are not there, each with the position that follows the one before it, also where that is there */
  async #placeMissing(
    name: Collection,
    keystore: StoredDocument,
    all: readonly NewMember[],
  ): Promise<readonly (NewMember & {readonly position: number})[]> {
    const ids = all.map(({_id}) => _id);
    const stored = await this.#connection.find(
      name,
      {keystoreId: keystore['_id'], _id: {$in: ids}},
      {reading: 'current', limit: ids.length, projection: {position: 1}},
    );
    const positions = new Map(stored.map(({_id, position}) => [text(_id), integer(position)]));
    let position = integer(keystore[COUNTERS[name]] ?? 0);
    return all.flatMap((member) => {
      const there = positions.get(member._id);
      position = there === undefined ? position + 1 : Math.max(position, there);
      return there === undefined ? [{...member, position}] : [];
    });
  }

  /** Where the driver sent it twice, it is there. @throws DuplicateKeyError where it is another that has its name */
  async #insert(name: Collection, document: StoredDocument): Promise<void> {
    try {
      await this.#connection.insert(name, document);
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
      const {_id, keystoreId, revision} = document;
      const found = await this.#connection.findOne(name, {_id, keystoreId}, {reading: 'current'});
      if (found?.['revision'] !== revision) throw error;
    }
  }
}
