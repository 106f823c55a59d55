import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  RootKeyVersionRecord,
  ScopeKeysRecord,
} from '../key-hierarchy-store.ts';
import type {StoredDocument} from './collections.ts';
import type {Place} from './documents.ts';
import {isAbsent} from './guard-document.ts';
import {formatSealing} from './scope-sealing.ts';
import {bytes, integer, list, members, text} from './stored-values.ts';

/** A scope's keys are members of one document, which the keystore's config shares. It guards all that the keystore holds. */
export const scopePlace = (scope: string): Place => ({collection: 'keystore', _id: scope});

function parseSealed(value: unknown): RootKeyVersionRecord['sealed'][number] {
  const {rootWrapperId, blob} = members(value);
  return {rootWrapperId: text(rootWrapperId), blob: bytes(blob)};
}

function parseRootKeyVersion(value: unknown): RootKeyVersionRecord {
  const {id, version, createdAt, sealed} = members(value);
  return {
    id: text(id),
    version: integer(version),
    createdAt: integer(createdAt),
    sealed: list(sealed).map(parseSealed),
  };
}

function parseDataKeyVersion(value: unknown): DataKeyVersionRecord {
  const {id, version, createdAt, rootKeyVersionId, blob} = members(value);
  return {
    id: text(id),
    version: integer(version),
    createdAt: integer(createdAt),
    rootKeyVersionId: text(rootKeyVersionId),
    blob: bytes(blob),
  };
}

function parseDataKey(value: unknown): DataKeyRecord {
  const {id, purpose, versions} = members(value);
  return {id: text(id), purpose: text(purpose), versions: list(versions).map(parseDataKeyVersion)};
}

/** A scope's keys, or undefined where it has none: none yet, or none any more. */
export function toScopeKeys(document: StoredDocument | undefined): ScopeKeysRecord | undefined {
  if (!document || isAbsent(document)) return undefined;
  return {
    scope: text(document['_id']),
    rootKeyId: text(document['rootKeyId']),
    rootKeyVersions: list(document['rootKeyVersions']).map(parseRootKeyVersion),
    dataKeys: list(document['dataKeys']).map(parseDataKey),
  };
}

/** The ids of a scope's keys and their versions. */
export const keyIdsOf = ({rootKeyId, rootKeyVersions, dataKeys}: ScopeKeysRecord): readonly string[] => [
  rootKeyId,
  ...rootKeyVersions.map(({id}) => id),
  ...dataKeys.flatMap(({id, versions}) => [id, ...versions.map((version) => version.id)]),
];

/** What is stored of a scope's keys. By `keyIds` and `sealing` they are found. */
export const toScopeMembers = (record: ScopeKeysRecord) => ({
  rootKeyId: record.rootKeyId,
  rootKeyVersions: record.rootKeyVersions,
  dataKeys: record.dataKeys,
  keyIds: keyIdsOf(record),
  sealing: formatSealing(record.rootKeyVersions),
});

/** For `$unset`: takes all keys of a scope away, which no reader sees any more. */
export const WITHOUT_SCOPE_KEYS = {
  scopePosition: '',
  rootKeyId: '',
  rootKeyVersions: '',
  dataKeys: '',
  keyIds: '',
  sealing: '',
} as const;
