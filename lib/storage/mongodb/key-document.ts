import {formatJson, parseKeyOps, parsePolicy, parseTags} from '../key-json.ts';
import type {KeyDeletion, KeyRecord} from '../key-record.ts';
import type {KeyRecordId} from '../key-record-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {KeyDocument, StoredDocument} from './collections.ts';
import type {Place} from './documents.ts';
import {toKeyVersionMember, toKeyVersionRecord} from './key-version-member.ts';
import {bytes, integer, list, members, oneOf, optional, text} from './stored-values.ts';

export const keyPlace = ({keystoreId, localKeyId}: KeyRecordId): Place => ({
  collection: 'key',
  _id: `${keystoreId}/keys/${localKeyId}`,
  keystoreId,
});

export const uniqueNameOf = ({localKeyId, tags}: Pick<KeyRecord, 'localKeyId' | 'tags'>): string =>
  tags?.['name'] === undefined ? `k:${localKeyId}` : nameOf(tags['name']);

/** `uniqueName` of the key that has this tag `name`. */
export const nameOf = (name: string): string => `n:${name}`;

export const dataKeyVersionIdsOfKey = ({versions, authentication}: Authenticated<KeyRecord>): string[] => {
  const sealedUnder = versions.flatMap(({dataKeyVersionId: id}) => (id === undefined ? [] : [id]));
  return [...new Set([...sealedUnder, authentication.dataKeyVersionId])];
};

/** What a write of a record sets; the rest of a KeyDocument stays as it is. */
export type WrittenKeyMembers = Omit<
  KeyDocument,
  '_id' | 'keystoreId' | 'localKeyId' | 'position' | 'order' | 'incarnation' | 'revision' | 'uses'
>;

export function toKeyMembers(record: Authenticated<KeyRecord>): WrittenKeyMembers {
  const {sequence, type, createdAt, updatedAt, origin, state, deletion, description, dueAt} = record;
  const {maxCapabilityChainLength, publicAlias, publicAliasTemplate, authentication} = record;
  const [keyOps, tags, policy] = [record.keyOps, record.tags, record.policy].map(formatJson);
  return {
    uniqueName: uniqueNameOf(record),
    kept: state !== 'deleted',
    sequence,
    type,
    createdAt,
    updatedAt,
    origin,
    state,
    ...(deletion && {deletion}),
    ...(typeof keyOps === 'string' && {keyOps}),
    ...(typeof tags === 'string' && {tags}),
    ...(typeof policy === 'string' && {policy}),
    ...(description !== undefined && {description}),
    ...(dueAt !== undefined && {dueAt}),
    ...(maxCapabilityChainLength !== undefined && {maxCapabilityChainLength}),
    ...(publicAlias !== undefined && {publicAlias}),
    ...(publicAliasTemplate !== undefined && {publicAliasTemplate}),
    versions: record.versions.map(toKeyVersionMember),
    mac: authentication.mac,
    macKeyVersionId: authentication.dataKeyVersionId,
    dataKeyVersionIds: dataKeyVersionIdsOfKey(record),
  };
}

const OPTIONAL = [
  'deletion',
  'keyOps',
  'tags',
  'policy',
  'description',
  'dueAt',
  'maxCapabilityChainLength',
  'publicAlias',
  'publicAliasTemplate',
] as const satisfies readonly (keyof WrittenKeyMembers)[];

/** Members that a record lacks, and so are taken out of its document. */
export const absentKeyMembers = (written: WrittenKeyMembers): Readonly<Record<string, ''>> =>
  Object.fromEntries(
    OPTIONAL.filter((name) => written[name] === undefined).map((name) => [name, '' as const]),
  );

function toDeletion(value: unknown): KeyDeletion {
  const member = members(value);
  return {
    requestedAt: integer(member['requestedAt']),
    destroyAt: integer(member['destroyAt']),
    restoresTo: oneOf(['enabled', 'disabled'], member['restoresTo']),
  };
}

/** @throws TypeError where it is not what was written */
export function toKeyRecord(document: StoredDocument): Authenticated<KeyRecord> {
  return {
    keystoreId: text(document['keystoreId']),
    localKeyId: text(document['localKeyId']),
    sequence: integer(document['sequence']),
    type: text(document['type']),
    createdAt: integer(document['createdAt']),
    updatedAt: integer(document['updatedAt']),
    origin: oneOf(['generated', 'imported'], document['origin']),
    state: oneOf(['enabled', 'disabled', 'pendingDeletion', 'deleted'], document['state']),
    ...optional('deletion', document['deletion'], toDeletion),
    ...optional('keyOps', document['keyOps'], (value) => parseKeyOps(text(value))),
    ...optional('tags', document['tags'], (value) => parseTags(text(value))),
    ...optional('description', document['description'], text),
    ...optional('policy', document['policy'], (value) => parsePolicy(text(value))),
    ...optional('dueAt', document['dueAt'], integer),
    ...optional('maxCapabilityChainLength', document['maxCapabilityChainLength'], integer),
    ...optional('publicAlias', document['publicAlias'], text),
    ...optional('publicAliasTemplate', document['publicAliasTemplate'], text),
    versions: list(document['versions']).map(toKeyVersionRecord),
    authentication: {mac: bytes(document['mac']), dataKeyVersionId: text(document['macKeyVersionId'])},
  };
}

/** As what is found by `_id` may be a placeholder, which is no key. */
export const toKeyIfAny = (document: StoredDocument | undefined): Authenticated<KeyRecord> | undefined =>
  document?.['position'] === undefined ? undefined : toKeyRecord(document);
