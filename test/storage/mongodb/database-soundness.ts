import {plain} from '../store-suite.ts';
import type {ModelDatabase} from './model-database.ts';

type Members = Readonly<Record<string, unknown>>;

interface Version {
  readonly id: string;
}

interface RootKeyVersion extends Version {
  readonly sealed: readonly {readonly rootWrapperId: string}[];
}

interface ScopeDocument extends Members {
  readonly _id: string;
  readonly rootKeyId: string;
  readonly config?: {readonly macKeyVersionId: string};
  readonly rootKeyVersions: readonly RootKeyVersion[];
  readonly dataKeys: readonly {
    readonly id: string;
    readonly versions: readonly (Version & {readonly rootKeyVersionId: string})[];
  }[];
  readonly keyIds: readonly string[];
  readonly sealing: string;
}

interface RootWrapper {
  readonly id: string;
  readonly state: string;
  readonly sealer?: {readonly dataKeyVersionId: string};
}

interface KeyDocument extends Members {
  readonly _id: string;
  readonly keystoreId: string;
  readonly dataKeyVersionIds: readonly string[];
}

const isStored = (document: Members): boolean =>
  document['placeholder'] === undefined && document['deleting'] === undefined;

const scopesOf = (database: ModelDatabase): readonly ScopeDocument[] =>
  database.documents('keystore').filter(isStored) as unknown as readonly ScopeDocument[];

const rootsOf = (database: ModelDatabase): readonly RootWrapper[] =>
  (database.documents('hierarchy')[0]?.['rootWrappers'] ?? []) as readonly RootWrapper[];

const dataKeyVersionsOf = ({dataKeys}: ScopeDocument) => dataKeys.flatMap(({versions}) => versions);

function scopeProblems(scope: ScopeDocument, roots: readonly RootWrapper[]): string[] {
  const {_id, rootKeyId, rootKeyVersions, dataKeys, config, keyIds, sealing} = scope;
  const versions = dataKeyVersionsOf(scope);
  const problems: string[] = [];
  for (const {id, sealed} of rootKeyVersions) {
    const ids = sealed.map(({rootWrapperId}) => rootWrapperId);
    for (const root of roots.filter(({state}) => state === 'active')) {
      if (!ids.includes(root.id)) problems.push(`${id} is not sealed under ${root.id}, which is active`);
    }
    for (const each of ids) {
      if (!roots.some((root) => root.id === each))
        problems.push(`${id} is sealed under ${each}, which is gone`);
    }
    if (new Set(ids).size !== ids.length) problems.push(`${id} is sealed twice under one root wrapper`);
  }
  for (const {id, rootKeyVersionId} of versions) {
    if (!rootKeyVersions.some((version) => version.id === rootKeyVersionId)) {
      problems.push(`${id} is sealed under ${rootKeyVersionId}, which is gone`);
    }
  }
  if (config && !versions.some(({id}) => id === config.macKeyVersionId)) {
    problems.push(`${_id} is authenticated under ${config.macKeyVersionId}, which is gone`);
  }
  const ids = [rootKeyId, ...[...rootKeyVersions, ...dataKeys, ...versions].map(({id}) => id)];
  if (ids.toSorted().join() !== keyIds.toSorted().join())
    problems.push(`${_id} is not found by its keys’ ids`);
  const [count, counts] = JSON.parse(sealing) as [number, [string, number][]];
  const sealed = rootKeyVersions.flatMap((version) => version.sealed.map(({rootWrapperId}) => rootWrapperId));
  const isCounted = counts.every(([id, n]) => sealed.filter((each) => each === id).length === n);
  const all = counts.reduce((sum, [, n]) => sum + n, 0);
  if (count !== rootKeyVersions.length || all !== sealed.length || !isCounted) {
    problems.push(`${_id} says of its sealing what is not so`);
  }
  return problems;
}

/** What must never be: each a sentence. Above all that anything is sealed under what is gone. */
export function problemsOf(database: ModelDatabase): readonly string[] {
  const [scopes, roots] = [scopesOf(database), rootsOf(database)];
  const problems = scopes.flatMap((scope) => scopeProblems(scope, roots));
  if (scopes.length > 0 && !roots.some(({state}) => state === 'active'))
    problems.push('nothing opens the keys');
  const all = new Set(scopes.flatMap(dataKeyVersionsOf).map(({id}) => id));
  for (const {id, sealer} of roots) {
    if (sealer && !all.has(sealer.dataKeyVersionId)) problems.push(`the sealer of ${id} is lost`);
  }
  const keys = database.documents('key').filter(isStored) as unknown as readonly KeyDocument[];
  for (const {_id, keystoreId, dataKeyVersionIds} of keys) {
    const keystore = scopes.find((scope) => scope._id === keystoreId);
    // What is left of a keystore that is being deleted is nobody's.
    if (!keystore) continue;
    const own = new Set(dataKeyVersionsOf(keystore).map(({id}) => id));
    for (const id of dataKeyVersionIds)
      if (!own.has(id)) problems.push(`${_id} is sealed under ${id}, which is gone`);
  }
  return problems;
}

/** What is there of writes that are over, and should not be: entries, and places that were kept. */
export function remainsOf(database: ModelDatabase): readonly string[] {
  return ['keystore', 'key', 'revocation', 'hierarchy', 'creator'].flatMap((collection) =>
    database.documents(collection).flatMap((document) => {
      const name = `${collection} ${String(document['_id'])}`;
      const writers = Object.keys(document['writers'] ?? {});
      return [
        ...writers.map((id) => `${name} has the writer ${id}`),
        ...(isStored(document) ? [] : [`${name} is no document`]),
      ];
    }),
  );
}

/** Random, or a number of order: another one with another order. */
const INCIDENTAL = new Set([
  'revision',
  'writers',
  'incarnation',
  'position',
  'order',
  'lastPosition',
  'lastRevocationPosition',
  'scopePosition',
  'lastScopePosition',
]);

/** A change that nobody could count is counted by who tidies up, as is one that was never made. */
export const UNCOUNTED = ['collectionVersion'];
/** What is stored, but for what is incidental: the same text where the same is stored. */
export function stateOf(database: ModelDatabase, besides: readonly string[] = []): string {
  const collections = ['keystore', 'key', 'revocation', 'hierarchy'].map((collection) =>
    database
      .documents(collection)
      .filter(isStored)
      .map((document) =>
        Object.entries(document)
          .filter(([name]) => !INCIDENTAL.has(name) && !besides.includes(name))
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      )
      .map((members) => JSON.stringify(plain(members)))
      .toSorted(),
  );
  return JSON.stringify(collections);
}
