import type {RootWrapperRecord, SealedUnderDataKey} from '../key-hierarchy-store.ts';
import type {StoredDocument} from './collections.ts';
import type {Place} from './documents.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {ReadDocument} from './guard-document.ts';
import {bytes, integer, list, members, oneOf, optional, text} from './stored-values.ts';

/** The one document that holds the root wrappers. It guards all scopes. */
export const HIERARCHY: Place = {collection: 'hierarchy', _id: 'hierarchy'};

/** How many changes of root wrappers and scopes there were. */
export const COLLECTION_VERSION = 'collectionVersion';
/** Of the newest scope: numbers of creation. */
export const LAST_SCOPE_POSITION = 'lastScopePosition';

const STATES = ['adding', 'active', 'retiring'] as const;

function parseSealer(value: unknown): SealedUnderDataKey {
  const {blob, dataKeyVersionId} = members(value);
  return {blob: bytes(blob), dataKeyVersionId: text(dataKeyVersionId)};
}

function parseRootWrapper(value: unknown): RootWrapperRecord {
  const {id, uri, wrapperKeyId, parameters, createdAt, state, sealer} = members(value);
  return {
    id: text(id),
    uri: text(uri),
    wrapperKeyId: text(wrapperKeyId),
    ...optional('parameters', parameters, text),
    createdAt: integer(createdAt),
    state: oneOf(STATES, state),
    ...optional('sealer', sealer, parseSealer),
  };
}

/** In order of creation. */
export const rootWrappersOf = (hierarchy: StoredDocument): readonly RootWrapperRecord[] =>
  list(hierarchy['rootWrappers'] ?? []).map(parseRootWrapper);

/** The hierarchy's document as it is, made where it is not there yet. */
export async function readHierarchy(attempt: Attempt): Promise<ReadDocument> {
  const found = await attempt.read(HIERARCHY);
  if (found) return found;
  await attempt.makeGuard(HIERARCHY);
  return readHierarchy(attempt);
}
