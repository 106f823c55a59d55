import type {KeyDeletion, KeyRecord, StoredKeyState} from './key-record.ts';
import type {Authenticated} from './record-authentication.ts';
import {formatJson, parseKeyOps, parsePolicy, parseTags} from './key-json.ts';
import {type SealedVersionColumns, toKeyVersionRecord} from './key-version-columns.ts';
import {type MacColumns, toAuthentication} from './mac-columns.ts';

/** A key's own columns. */
export interface KeyColumns {
  readonly localKeyId: string;
  readonly sequence: number;
  readonly type: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly origin: KeyRecord['origin'];
  readonly state: StoredKeyState;
  readonly requestedAt: number | null;
  readonly destroyAt: number | null;
  readonly restoresTo: KeyDeletion['restoresTo'] | null;
  /** JSON, as are `tags` and `policy`. */
  readonly keyOps: string | null;
  readonly tags: string | null;
  readonly policy: string | null;
  readonly description: string | null;
  readonly dueAt: number | null;
  readonly maxCapabilityChainLength: number | null;
  readonly publicAlias: string | null;
  readonly publicAliasTemplate: string | null;
}

export type AuthenticatedKeyColumns = KeyColumns & MacColumns;

export function toKeyColumns(record: KeyRecord): KeyColumns {
  const {localKeyId, sequence, type, createdAt, updatedAt, origin, state, deletion} = record;
  const {description = null, dueAt = null} = record;
  const {maxCapabilityChainLength = null, publicAlias = null, publicAliasTemplate = null} = record;
  return {
    localKeyId,
    sequence,
    type,
    createdAt,
    updatedAt,
    origin,
    state,
    requestedAt: deletion?.requestedAt ?? null,
    destroyAt: deletion?.destroyAt ?? null,
    restoresTo: deletion?.restoresTo ?? null,
    keyOps: formatJson(record.keyOps),
    tags: formatJson(record.tags),
    policy: formatJson(record.policy),
    description,
    dueAt,
    maxCapabilityChainLength,
    publicAlias,
    publicAliasTemplate,
  };
}

/** Of columns of which one is null all are. */
function toDeletion({requestedAt, destroyAt, restoresTo}: KeyColumns): KeyDeletion | undefined {
  if (requestedAt !== null && destroyAt !== null && restoresTo !== null) {
    return {requestedAt, destroyAt, restoresTo};
  }
  if (requestedAt === null && destroyAt === null && restoresTo === null) return undefined;
  throw new TypeError('A deletion at rest is not whole.');
}

export function toKeyRecord(
  keystoreId: string,
  row: AuthenticatedKeyColumns,
  versions: readonly SealedVersionColumns[],
): Authenticated<KeyRecord> {
  const {description, dueAt, maxCapabilityChainLength, publicAlias, publicAliasTemplate} = row;
  const deletion = toDeletion(row);
  return {
    keystoreId,
    localKeyId: row.localKeyId,
    sequence: row.sequence,
    type: row.type,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    origin: row.origin,
    state: row.state,
    ...(deletion && {deletion}),
    ...(row.keyOps !== null && {keyOps: parseKeyOps(row.keyOps)}),
    ...(row.tags !== null && {tags: parseTags(row.tags)}),
    ...(description !== null && {description}),
    ...(row.policy !== null && {policy: parsePolicy(row.policy)}),
    ...(dueAt !== null && {dueAt}),
    ...(maxCapabilityChainLength !== null && {maxCapabilityChainLength}),
    ...(publicAlias !== null && {publicAlias}),
    ...(publicAliasTemplate !== null && {publicAliasTemplate}),
    versions: versions.map(toKeyVersionRecord),
    authentication: toAuthentication(row),
  };
}
