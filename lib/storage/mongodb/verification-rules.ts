import {controllersOf} from '../controllers-of.ts';
import type {StoredDocument} from './collections.ts';
import {dataKeyVersionIdsOf} from './data-key-versions.ts';
import {dataKeyVersionIdsOfKey, toKeyRecord, uniqueNameOf} from './key-document.ts';
import {requireSoundKey} from './key-rules.ts';
import {toKeystoreConfig, toListedFor} from './keystore-document.ts';
import {keyIdsOf, toScopeKeys} from './scope-document.ts';
import {texts} from './stored-values.ts';

/** What a rule says where the document cannot even be read as what it should be. */
function readable(name: string, problems: () => readonly string[]): readonly string[] {
  try {
    return problems();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [`${name} is not as it was written: ${reason}`];
  }
}

function sameSet(one: Iterable<string>, another: Iterable<string>): boolean {
  const [a, b] = [new Set(one), new Set(another)];
  return a.size === b.size && [...a].every((each) => b.has(each));
}

function listingProblems(name: string, document: StoredDocument): readonly string[] {
  const config = toKeystoreConfig(document);
  if (!config) return [];
  const acknowledgedBy = texts(document['acknowledgedBy']);
  const problems: string[] = [];
  if (!acknowledgedBy.includes(String(document['creator']))) {
    problems.push(`${name} is listed for its creator as if only others had named it.`);
  }
  if (!sameSet(texts(document['listedFor']), toListedFor(config, acknowledgedBy))) {
    problems.push(`${name} is not listed for just its controllers, ${controllersOf(config).join(', ')}.`);
  }
  if (!dataKeyVersionIdsOf(document).has(config.authentication.dataKeyVersionId)) {
    problems.push(`${name} is authenticated with a key that is not its own, or not there.`);
  }
  return problems;
}

/** A scope's keys hang together, and are sealed under root wrappers that there are. */
function scopeProblems(
  name: string,
  document: StoredDocument,
  rootWrapperIds: ReadonlySet<string>,
): readonly string[] {
  const keys = toScopeKeys(document);
  if (!keys) return [];
  const problems: string[] = [];
  const rootKeyVersionIds = new Set(keys.rootKeyVersions.map(({id}) => id));
  if (rootKeyVersionIds.size === 0) problems.push(`Scope ${keys.scope} has no version of its root key.`);
  for (const {id, sealed} of keys.rootKeyVersions) {
    if (sealed.length === 0) problems.push(`Root key version ${id} is sealed under no root wrapper.`);
    for (const {rootWrapperId} of sealed) {
      if (!rootWrapperIds.has(rootWrapperId)) {
        problems.push(
          `Root key version ${id} is sealed under the root wrapper ${rootWrapperId}, which is not there.`,
        );
      }
    }
  }
  for (const {id, versions} of keys.dataKeys) {
    if (versions.length === 0) problems.push(`Data key ${id} has no version.`);
    for (const version of versions) {
      if (rootKeyVersionIds.has(version.rootKeyVersionId)) continue;
      problems.push(
        `Data key version ${version.id} is sealed with a root key that is not its scope’s, or not there.`,
      );
    }
  }
  if (!sameSet(texts(document['keyIds']), keyIdsOf(keys))) {
    problems.push(`${name} is not found by just the ids of its keys.`);
  }
  return problems;
}

export function keystoreProblems(
  document: StoredDocument,
  rootWrapperIds: ReadonlySet<string>,
): readonly string[] {
  const name = `Keystore ${String(document['_id'])}`;
  return readable(name, () => [
    ...listingProblems(name, document),
    ...scopeProblems(name, document, rootWrapperIds),
  ]);
}

/** @param keystore the document of the keystore that the key says it is of */
export function keyProblems(
  document: StoredDocument,
  keystore: StoredDocument | undefined,
): readonly string[] {
  const name = `Key ${String(document['_id'])}`;
  return readable(name, () => {
    const record = toKeyRecord(document);
    if (keystore?.['config'] === undefined || keystore['incarnation'] !== document['incarnation']) {
      return [`${name} is of a keystore that is not there.`];
    }
    requireSoundKey(record);
    const problems: string[] = [];
    const named = dataKeyVersionIdsOfKey(record);
    const own = dataKeyVersionIdsOf(keystore);
    if (!named.every((id) => own.has(id))) {
      problems.push(
        `${name} is sealed or authenticated with a key that is not its keystore’s, or not there.`,
      );
    }
    if (!sameSet(texts(document['dataKeyVersionIds']), named)) {
      problems.push(`${name} is not found by just the keys that it is sealed and authenticated under.`);
    }
    if (document['uniqueName'] !== uniqueNameOf(record))
      problems.push(`${name} is found by another name than its own.`);
    if (document['kept'] !== (record.state !== 'deleted'))
      problems.push(`${name} is counted as what it is not.`);
    return problems;
  });
}
