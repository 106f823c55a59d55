import type {CollectionName, StoredDocument} from './collections.ts';
import {HIERARCHY, rootWrappersOf} from './hierarchy-document.ts';
import {indexProblems} from './index-problems.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {SCHEMA} from './schema.ts';
import {revocationDocumentId} from './revocation-document.ts';
import {keyProblems, keystoreProblems} from './verification-rules.ts';
import {walk} from './walk.ts';

/** As many sentences as one check gives. */
const MOST_OF_A_CHECK = 100;

type Check = (connection: MongodbConnection) => AsyncGenerator<string>;

/** Finds what is wrong of a document; what was only so because it, or what it depends on, was changed meanwhile is no finding. */
async function* confirmed(
  connection: MongodbConnection,
  collection: CollectionName,
  found: StoredDocument,
  problemsOf: (document: StoredDocument, isFirst: boolean) => Promise<readonly string[]>,
): AsyncGenerator<string> {
  let document: StoredDocument | undefined = found;
  let problems = await problemsOf(document, true);
  while (problems.length > 0) {
    problems = await problemsOf(document, false);
    const {_id, keystoreId, revision}: StoredDocument = document;
    const place = {_id, ...(keystoreId !== undefined && {keystoreId})};
    document = await connection.findOne(collection, place);
    if (document?.['revision'] === revision) {
      yield* problems;
      return;
    }
    if (!document || document['placeholder'] === true) return;
  }
}

async function* checkIndexes(connection: MongodbConnection): AsyncGenerator<string> {
  yield* await indexProblems(connection, SCHEMA);
}

async function* checkKeystores(connection: MongodbConnection): AsyncGenerator<string> {
  const problemsOf = async (document: StoredDocument): Promise<readonly string[]> => {
    const hierarchy = await connection.findOne('hierarchy', {_id: HIERARCHY._id});
    const rootWrapperIds = new Set(rootWrappersOf(hierarchy ?? {}).map(({id}) => id));
    return keystoreProblems(document, rootWrapperIds);
  };
  for await (const document of walk(connection, 'keystore', {scopePosition: {$gt: 0}})) {
    yield* confirmed(connection, 'keystore', document, problemsOf);
  }
}

async function* checkKeys(connection: MongodbConnection): AsyncGenerator<string> {
  // Keys come keystore by keystore.
  let keystore: StoredDocument | undefined;
  const problemsOf = async (document: StoredDocument, isFirst: boolean): Promise<readonly string[]> => {
    if (!isFirst || keystore?.['_id'] !== document['keystoreId']) {
      keystore = await connection.findOne('keystore', {_id: document['keystoreId']});
    }
    // What is left of a keystore that is being deleted is nobody's.
    return keystore?.['deleting'] === undefined ? keyProblems(document, keystore) : [];
  };
  for await (const document of walk(connection, 'key', {position: {$gt: 0}})) {
    yield* confirmed(connection, 'key', document, problemsOf);
  }
}

async function* checkRevocations(connection: MongodbConnection): AsyncGenerator<string> {
  const problemsOf = async (document: StoredDocument): Promise<readonly string[]> => {
    const keystore = await connection.findOne(
      'keystore',
      {_id: document['keystoreId']},
      {projection: {incarnation: 1, deleting: 1}},
    );
    if (keystore?.['deleting'] !== undefined) return [];
    const name = `Revocation ${String(document['_id'])}`;
    const {_id, keystoreId, delegator, capabilityId} = document;
    const names = [keystoreId, delegator, capabilityId].map(String) as [string, string, string];
    return [
      ...(keystore?.['incarnation'] === document['incarnation']
        ? []
        : [`${name} is of a keystore that is not there.`]),
      ...(_id === revocationDocumentId(...names) ? [] : [`${name} is not found by what it revokes.`]),
    ];
  };
  for await (const document of walk(connection, 'revocation', {position: {$gt: 0}})) {
    yield* confirmed(connection, 'revocation', document, problemsOf);
  }
}

const CHECKS: readonly Check[] = [checkIndexes, checkKeystores, checkKeys, checkRevocations];

/** What constraints would see to in another database, and here only who writes does. @returns at most 100 sentences of a kind */
export async function verifyDatabase(connection: MongodbConnection): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (const check of CHECKS) {
    let count = 0;
    for await (const sentence of check(connection)) {
      sentences.push(sentence);
      if (++count === MOST_OF_A_CHECK) break;
    }
  }
  return sentences;
}
