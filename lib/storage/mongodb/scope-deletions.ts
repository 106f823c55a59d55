import {KeyInUseError} from '../key-errors.ts';
import type {ScopeKeysRecord} from '../key-hierarchy-store.ts';
import type {Conditions, MongodbConnection} from './mongodb-connection.ts';
import type {ReadDocument, Writer} from './guard-document.ts';
import {dataKeyVersionIdsOf} from './data-key-versions.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {GuardedResult, GuardedWrites} from './guarded-write.ts';
import {readHierarchy, rootWrappersOf} from './hierarchy-document.ts';
import {requireNoSealer} from './root-wrapper-rules.ts';
import {scopePlace, toScopeKeys, toScopeMembers} from './scope-document.ts';
import {registerScopeChange} from './scope-documents.ts';
import {withoutDataKeyVersion, withoutRootKeyVersion} from './scope-rules.ts';
import {members, text} from './stored-values.ts';

const inUse = (): KeyInUseError => new KeyInUseError('Something is sealed under it.');

interface FoundScope extends ReadDocument {
  readonly keys: ScopeKeysRecord;
}

/** @throws KeyInUseError where a root wrapper's sealer names any of these data key versions */
export async function requireUnnamedBySealers(
  attempt: Attempt,
  dataKeyVersionIds: readonly string[],
): Promise<void> {
  requireNoSealer(rootWrappersOf((await readHierarchy(attempt)).document), dataKeyVersionIds);
}

/**
 * What takes keys away. Each is one write of the scope's document: before it, whoever may be about to name what goes is fenced,
 * and then everything that names keys is looked at (guarded-write.ts). Who comes later has changed the document's revision.
 */
export class ScopeDeletions {
  readonly #connection: MongodbConnection;
  readonly #guarded: GuardedWrites;

  constructor(connection: MongodbConnection, guarded: GuardedWrites) {
    this.#connection = connection;
    this.#guarded = guarded;
  }

  deleteDataKeyVersion(id: string): Promise<GuardedResult<boolean>> {
    return this.#guarded.runCounted('delete data key version', async (attempt) => {
      const found = await this.#findHolder(attempt, id);
      const left = found && withoutDataKeyVersion(found.keys, id);
      if (!found || !left) return false;
      await registerScopeChange(attempt, found, {isOnlyCounted: true});
      await this.#requireUnnamed(attempt, found, [id], {dataKeyVersionIds: id});
      await attempt.commit(found.target, {$set: toScopeMembers(left)});
      return true;
    });
  }

  deleteRootKeyVersion(id: string): Promise<GuardedResult<boolean>> {
    return this.#guarded.runCounted('delete root key version', async (attempt) => {
      const found = await this.#findHolder(attempt, id);
      const left = found && withoutRootKeyVersion(found.keys, id);
      if (!found || !left) return false;
      // Not only counted: who looks at what scopes are sealed under, in order, could miss one that gets another place in it.
      await registerScopeChange(attempt, found);
      await attempt.commit(found.target, {$set: toScopeMembers(left)});
      return true;
    });
  }

  deleteScope(scope: string): Promise<GuardedResult<boolean>> {
    return this.#guarded.runCounted('delete scope', async (attempt) => {
      const found = await this.#read(attempt, scope);
      if (!found) return false;
      await registerScopeChange(attempt, found, {isOnlyCounted: true});
      const ids = [...dataKeyVersionIdsOf(found.document)];
      await this.#requireUnnamed(attempt, found, ids, {position: {$gt: 0}});
      await attempt.remove(found.target);
      return true;
    });
  }

  /** @throws KeyInUseError where a config, a key or a root wrapper names any of these data key versions */
  async #requireUnnamed(
    attempt: Attempt,
    {document, keys: {scope}}: FoundScope,
    ids: readonly string[],
    naming: Conditions,
  ): Promise<void> {
    const {config} = document;
    if (config !== undefined && ids.includes(text(members(config)['macKeyVersionId']))) throw inUse();
    await attempt.fence(document, ({dataKeyVersionIds}: Writer) =>
      dataKeyVersionIds.some((id) => ids.includes(id)),
    );
    const [key] = await this.#connection.find(
      'key',
      {keystoreId: scope, ...naming},
      {reading: 'decisive', limit: 1, projection: {_id: 1}},
    );
    if (key) throw inUse();
    await requireUnnamedBySealers(attempt, ids);
  }

  async #findHolder(attempt: Attempt, id: string): Promise<FoundScope | undefined> {
    const [holder] = await this.#connection.find(
      'keystore',
      {keyIds: id},
      {reading: 'decisive', limit: 1, projection: {_id: 1}},
    );
    return holder && this.#read(attempt, text(holder['_id']));
  }

  async #read(attempt: Attempt, scope: string): Promise<FoundScope | undefined> {
    const found = await attempt.read(scopePlace(scope));
    const keys = toScopeKeys(found?.document);
    return found && keys && {...found, keys};
  }
}
