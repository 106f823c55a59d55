import type {ScopeKeysRecord} from './key-hierarchy-store.ts';
import {requireSome} from './require-some.ts';
import {versionGaps} from './version-gaps.ts';

/** What stands for a version that was pruned, until the newer ones are there. */
const PRUNED = Buffer.from([0]);

export interface WholeScope {
  readonly scope: ScopeKeysRecord;
  /** Ids of the versions to delete in the same transaction, in this order. */
  readonly dataKeyVersionIds: readonly string[];
  readonly rootKeyVersionIds: readonly string[];
}

/**
 * A scope some of whose versions were pruned, as it can be stored. The rules want each version's number to follow another one's,
 * and let any version but the newest go again where nothing names it: so those that are missing are made, and pruned.
 */
export function withPrunedVersions(record: ScopeKeysRecord): WholeScope {
  const [first] = requireSome(record.rootKeyVersions);
  const sealed = first?.sealed.map(({rootWrapperId}) => ({rootWrapperId, blob: PRUNED})) ?? [];
  const rootKeyVersions = versionGaps(record.rootKeyVersions).map((version) => ({
    ...{id: `${record.rootKeyId}:${version}`, version, createdAt: 0, sealed},
  }));
  const dataKeyVersionIds: string[] = [];
  const dataKeys = record.dataKeys.map((dataKey) => {
    const rootKeyVersionId = requireSome(dataKey.versions)[0]?.rootKeyVersionId ?? '';
    const pruned = versionGaps(dataKey.versions).map((version) => ({
      ...{id: `${dataKey.id}:${version}`, version, createdAt: 0, rootKeyVersionId, blob: PRUNED},
    }));
    dataKeyVersionIds.push(...pruned.map(({id}) => id));
    return {...dataKey, versions: inOrder([...dataKey.versions, ...pruned])};
  });
  return {
    scope: {...record, rootKeyVersions: inOrder([...record.rootKeyVersions, ...rootKeyVersions]), dataKeys},
    dataKeyVersionIds,
    rootKeyVersionIds: rootKeyVersions.map(({id}) => id),
  };
}

const inOrder = <T extends {readonly version: number}>(versions: readonly T[]): readonly T[] =>
  versions.toSorted((a, b) => a.version - b.version);
