import {hash} from 'node:crypto';
import {encodeBase64url} from '../encoding/base64url.ts';
import {canonical} from '../encoding/canonical-json.ts';
import type {KeyDeletion, KeyRecord, KeyVersionRecord} from '../storage/key-record.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {RecordAuthentication} from '../storage/record-authentication.ts';
import {mapInTurns, nextTurn} from '../turns.ts';
import {digestInTurns} from './digest-in-turns.ts';

/** Everything that a record says, in one order: arrays end where they say, and what is absent is null. */
export type RecordContent = readonly unknown[];

/** Of the longest keys these are 200 KB, which take half a millisecond; a thousand are 3.6 MB. */
const MANY_VERSIONS = 64;

/** A member that a record type gains makes `rest` something else than empty: it does not compile until it is covered. */
type Nothing = Readonly<Record<string, never>>;

export function keystoreContent(config: KeystoreConfig): RecordContent {
  const {id, sequence, controller, kmsModule, meterId, ipAllowList, ...rest} = config;
  assertNothing(rest satisfies Nothing);
  return ['keystore', id, sequence, controller, kmsModule, meterId ?? null, ipAllowList ?? null];
}

export function keyContent(record: KeyRecord): RecordContent {
  const {keystoreId, localKeyId, sequence, type, createdAt, updatedAt, origin, state, ...members} = record;
  const {deletion, keyOps, tags, description, policy, dueAt, ...optional} = members;
  const {maxCapabilityChainLength, publicAlias, publicAliasTemplate, versions, ...rest} = optional;
  assertNothing(rest satisfies Nothing);
  return [
    'key',
    ...[keystoreId, localKeyId, sequence, type, createdAt, updatedAt, origin, state],
    ...[deletion ? deletionContent(deletion) : null, keyOps ?? null],
    // Objects whose members have no order: a store need not keep the one that they had.
    ...[canonical(tags ?? null), description ?? null, canonical(policy ?? null), dueAt ?? null],
    ...[maxCapabilityChainLength ?? null, publicAlias ?? null, publicAliasTemplate ?? null],
    versions.map(versionContent),
  ];
}

function deletionContent({requestedAt, destroyAt, restoresTo, ...rest}: KeyDeletion): RecordContent {
  assertNothing(rest satisfies Nothing);
  return [requestedAt, destroyAt, restoresTo];
}

function versionContent(record: KeyVersionRecord): RecordContent {
  const {version, createdAt, state, publicKey, material, dataKeyVersionId, certificates, ...rest} = record;
  assertNothing(rest satisfies Nothing);
  return [
    ...[version, createdAt, state, publicKey ? encodeBase64url(publicKey) : null],
    ...[material ? encodeBase64url(material) : null, dataKeyVersionId ?? null],
    certificates?.map(encodeBase64url) ?? null,
  ];
}

function assertNothing(rest: Nothing): void {
  const unknown = Object.keys(rest);
  if (unknown.length > 0)
    throw new TypeError(`A record has members that its MAC does not cover: ${unknown.join()}`);
}

/** Bytes that no other content has: JSON escapes what UTF-8 cannot say. */
export function encodeContent(content: RecordContent): Uint8Array {
  return Buffer.from(JSON.stringify(content));
}

/** `encodeContent([...before, ...keyContent(record)])`, in turns where the key has many versions. */
export async function encodeKey(before: readonly unknown[], record: KeyRecord): Promise<Uint8Array> {
  const {versions} = record;
  if (versions.length <= MANY_VERSIONS) return encodeContent([...before, ...keyContent(record)]);
  await nextTurn();
  const encode = (content: RecordContent): Buffer => Buffer.from(JSON.stringify(content));
  const encoded = await mapInTurns(versions, (version) => encode(versionContent(version)), {atOnce: 16});
  await nextTurn();
  const bare = encode([...before, ...keyContent({...record, versions: []})]);
  const [start, end] = [bare.subarray(0, -']]'.length), bare.subarray(-']]'.length)];
  const comma = Buffer.from(',');
  const separated = encoded.flatMap((version, index) => (index === 0 ? [version] : [comma, version]));
  const whole = Buffer.concat([start, ...separated, end]);
  await nextTurn();
  return whole;
}

/** SHA-256 of a record's content, base64url: which record it is, telling nothing of what it says. */
export function contentDigest(content: RecordContent): string {
  return hash('sha256', encodeContent(content), 'base64url');
}

/** `contentDigest(keyContent(record))`, in turns where the key has many versions. */
export async function keyDigest(record: KeyRecord): Promise<string> {
  return digestInTurns([await encodeKey([], record)]);
}

/** @returns what the MAC is over, unverified. */
export function withoutMac<T extends {authentication: RecordAuthentication}>(
  stored: T,
): Omit<T, 'authentication'> {
  const record: Omit<T, 'authentication'> & {authentication?: unknown} = {...stored};
  delete record.authentication;
  return record;
}
