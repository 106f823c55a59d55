import type {KeyRecordReplacement} from '../key-record-store.ts';
import {requireDataKeyVersions} from './data-key-versions.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {ReadDocument} from './guard-document.ts';
import type {GuardedWrites} from './guarded-write.ts';
import {ConflictError} from './guarded-write-options.ts';
import {dataKeyVersionIdsOfKey, keyPlace, toKeyMembers, toKeyRecord} from './key-document.ts';
import {requireResealedKey, requireSameKey, requireSoundKey} from './key-rules.ts';
import {keystorePlace} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';

interface Found extends ReadDocument {
  readonly replacement: KeyRecordReplacement;
}

/** Puts records in the places of those that say the same: the records of a keystore with one registration. */
export class KeyReplacer {
  readonly #connection: MongodbConnection;
  readonly #writes: GuardedWrites;

  constructor(connection: MongodbConnection, writes: GuardedWrites) {
    this.#connection = connection;
    this.#writes = writes;
  }

  async replace(replacements: readonly KeyRecordReplacement[]): Promise<readonly boolean[]> {
    const replaced = new Set<KeyRecordReplacement>();
    const byKeystore = Map.groupBy(replacements, ({record}) => record.keystoreId);
    for (const [keystoreId, ofKeystore] of byKeystore) {
      await this.#writes.run('replace keys', (attempt) =>
        this.#replaceIn(
          attempt,
          keystoreId,
          ofKeystore.filter((replacement) => !replaced.has(replacement)),
          (replacement) => replaced.add(replacement),
        ),
      );
    }
    return replacements.map((replacement) => replaced.has(replacement));
  }

  async #replaceIn(
    attempt: Attempt,
    keystoreId: string,
    replacements: readonly KeyRecordReplacement[],
    onReplaced: (replacement: KeyRecordReplacement) => void,
  ): Promise<void> {
    const found = (await Promise.all(replacements.map((each) => this.#find(attempt, each)))).flat();
    if (found.length === 0) return;
    const records = found.map(({replacement}) => replacement.record);
    const dataKeyVersionIds = [...new Set(records.flatMap(dataKeyVersionIdsOfKey))];
    const targets = found.map(({target}) => target);
    const keystore = await attempt.register(keystorePlace(keystoreId), {targets, dataKeyVersionIds});
    if (keystore?.['config'] === undefined) return;
    await requireDataKeyVersions(this.#connection, keystore, dataKeyVersionIds);
    const done = await Promise.all(
      found.map(async ({target, replacement}) => {
        const isDone = await attempt.write(target, {$set: toKeyMembers(replacement.record)});
        if (isDone) onReplaced(replacement);
        return isDone;
      }),
    );
    // What was changed meanwhile is looked at again.
    if (done.includes(false)) throw new ConflictError();
  }

  async #find(attempt: Attempt, replacement: KeyRecordReplacement): Promise<Found[]> {
    const {record, replacedSequence} = replacement;
    const found = await attempt.read(keyPlace(record), 'settled');
    if (!found || found.target.isPlaceholder) return [];
    const stored = toKeyRecord(found.document);
    if (stored.sequence !== replacedSequence) return [];
    requireSameKey(stored, record);
    requireResealedKey(stored, record);
    requireSoundKey(record);
    return [{...found, replacement}];
  }
}
