import {randomBytes} from 'node:crypto';
import {DuplicateError, UnavailableError} from '../../errors.ts';
import {parseCursor, rowsForPage, SCOPE_LIST, toPage} from '../cursor.ts';
import {KeyNotFoundError} from '../key-errors.ts';
import type {ResealedDataKeyVersion, ScopeKeysAddition, ScopeKeysRecord} from '../key-hierarchy-store.ts';
import type {Page} from '../keystore-config-store.ts';
import type {StoredDocument} from './collections.ts';
import type {Attempt, Registration} from './guarded-attempt.ts';
import type {ReadDocument} from './guard-document.ts';
import type {GuardedResult, GuardedWrites} from './guarded-write.ts';
import {COLLECTION_VERSION, HIERARCHY, LAST_SCOPE_POSITION, rootWrappersOf} from './hierarchy-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {requireAllInUse, requireOpenedDataKeys} from './root-wrapper-rules.ts';
import {keyIdsOf, scopePlace, toScopeKeys, toScopeMembers} from './scope-document.ts';
import {addToScope, resealInScope, toNewScope} from './scope-rules.ts';
import {integer, text} from './stored-values.ts';

/** A change of a scope's keys is a write of its document under the guard of the root wrappers: there all changes are counted. */
export async function registerScopeChange(
  attempt: Attempt,
  {target}: Pick<ReadDocument, 'target'>,
  options: Pick<Registration, 'count' | 'isOnlyCounted'> = {},
): Promise<StoredDocument> {
  const hierarchy = await attempt.register(HIERARCHY, {
    targets: [target],
    ...options,
    countWritten: COLLECTION_VERSION,
    create: true,
  });
  if (!hierarchy) throw new TypeError('The document of the root wrappers is something else.');
  return hierarchy;
}

/** The scopes, and what is added to their keys. */
export class ScopeDocuments {
  readonly #connection: MongodbConnection;
  readonly #guarded: GuardedWrites;

  constructor(connection: MongodbConnection, guarded: GuardedWrites) {
    this.#connection = connection;
    this.#guarded = guarded;
  }

  async find(scope: string): Promise<ScopeKeysRecord | undefined> {
    return toScopeKeys(await this.#connection.findOne('keystore', {_id: scope}, {reading: 'decisive'}));
  }

  async list(limit: number, cursor: string | undefined): Promise<Page<string>> {
    const {position} = parseCursor(SCOPE_LIST, cursor);
    const rows = await this.#connection.find(
      'keystore',
      {scopePosition: {$gt: position}},
      {sort: {scopePosition: 1}, limit: rowsForPage(limit), projection: {scopePosition: 1}},
    );
    return toPage(SCOPE_LIST, rows, {
      limit,
      toPlace: ({scopePosition}) => ({group: 0, position: integer(scopePosition)}),
      toResult: ({_id}) => text(_id),
    });
  }

  insert(record: ScopeKeysRecord): Promise<GuardedResult<void>> {
    const keys = toNewScope(record);
    return this.#guarded.runCounted('insert scope', async (attempt) => {
      const {document, target} = await attempt.reserve(scopePlace(keys.scope));
      if (document['deleting'] !== undefined) {
        throw new UnavailableError('What belonged to an earlier scope of that name is being deleted.');
      }
      if (!target.isPlaceholder) throw new DuplicateError('The scope has keys.');
      await this.#requireNewIds(keyIdsOf(keys));
      const hierarchy = await registerScopeChange(attempt, {target}, {count: LAST_SCOPE_POSITION});
      const roots = rootWrappersOf(hierarchy);
      requireAllInUse(roots, keys.rootKeyVersions);
      requireOpenedDataKeys(roots, keys);
      const $set = {
        ...toScopeMembers(keys),
        scopePosition: integer(hierarchy[LAST_SCOPE_POSITION]),
        incarnation: randomBytes(16).toString('hex'),
      };
      await attempt.commit(target, {$set});
    });
  }

  add(scope: string, addition: ScopeKeysAddition): Promise<GuardedResult<void>> {
    return this.#guarded.runCounted('add keys', async (attempt) => {
      const found = await attempt.read(scopePlace(scope));
      const keys = toScopeKeys(found?.document);
      if (!found || !keys) throw new KeyNotFoundError('There is no such scope.');
      const changed = addToScope(keys, addition);
      const known = new Set(keyIdsOf(keys));
      await this.#requireNewIds(keyIdsOf(changed).filter((id) => !known.has(id)));
      const roots = rootWrappersOf(await registerScopeChange(attempt, found));
      requireAllInUse(roots, addition.rootKeyVersion ? [addition.rootKeyVersion] : []);
      requireOpenedDataKeys(roots, changed);
      await attempt.commit(found.target, {$set: toScopeMembers(changed)});
    });
  }

  reseal(scope: string, resealed: readonly ResealedDataKeyVersion[]): Promise<GuardedResult<number>> {
    return this.#guarded.runCounted('reseal data keys', async (attempt) => {
      const found = await attempt.read(scopePlace(scope));
      const keys = toScopeKeys(found?.document);
      if (!found || !keys) return 0;
      const {record, count} = resealInScope(keys, resealed);
      if (count === 0) return 0;
      requireOpenedDataKeys(rootWrappersOf(await registerScopeChange(attempt, found)), record);
      await attempt.commit(found.target, {$set: toScopeMembers(record)});
      return count;
    });
  }

  /** Ids are random: what looks for one that is there finds a defect, no race. @throws DuplicateError */
  async #requireNewIds(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const [found] = await this.#connection.find(
      'keystore',
      {keyIds: {$in: ids}},
      {limit: 1, projection: {_id: 1}},
    );
    if (found) throw new DuplicateError('A key with that id exists.');
  }
}
