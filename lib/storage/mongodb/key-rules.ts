import {QuotaExceededError} from '../../errors.ts';
import {canonicalJson} from '../../encoding/canonical-json.ts';
import type {KeyRecord, KeyVersionRecord} from '../key-record.ts';
import type {Authenticated} from '../record-authentication.ts';

/** Of a server of this protocol are 16 MiB; the rest is for what a record is written with. */
const MOST_BYTES = 15 * 1024 * 1024;
/** Of members whose values are all empty. */
const VERSION_BYTES = 256;

/** What a database with constraints would refuse: a defect of who calls. */
function require(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(rule);
}

const isTime = (value: number): boolean => Number.isSafeInteger(value);
const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
const sameJson = (a: unknown, b: unknown): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));

function requireSoundVersion(version: KeyVersionRecord, index: number): void {
  const {state, material, publicKey, dataKeyVersionId, certificates} = version;
  require(version.version === index + 1, 'Versions count from 1 without a gap.');
  require(isTime(version.createdAt), 'A time is a whole number.');
  require((material === undefined) ===
    (state === 'destroyed'), 'A version has material until it is destroyed.');
  require(material?.length !== 0 && publicKey?.length !== 0, 'Bytes are never empty.');
  require(dataKeyVersionId === undefined || material !== undefined, 'What is sealed is there.');
  require(certificates?.length !== 0, 'A chain of certificates has one.');
}

/** How much memory a record takes, in bytes, roughly. */
export function weightOfVersion({publicKey, material, certificates = []}: KeyVersionRecord): number {
  const chain = certificates.reduce((sum, {length}) => sum + Math.ceil((length * 4) / 3) + 3, 0);
  return VERSION_BYTES + (publicKey?.length ?? 0) + (material?.length ?? 0) + chain;
}

/** @throws TypeError @throws QuotaExceededError where it is too large for a document */
export function requireSoundKey(record: Authenticated<KeyRecord>): void {
  const {keystoreId, localKeyId, sequence, createdAt, updatedAt, state, deletion, tags, dueAt, versions} =
    record;
  require(keystoreId !== '' && localKeyId !== '' && record.type !== '', 'Names are never empty.');
  require(Number.isSafeInteger(sequence) && sequence >= 0, 'A sequence counts from 0.');
  require([createdAt, updatedAt, dueAt ?? 0].every(isTime), 'A time is a whole number.');
  require(record.keyOps?.length !== 0, 'A key can do something.');
  require(tags === undefined || Object.keys(tags).length > 0, 'Tags are some where there are any.');
  require(record.authentication.mac.length > 0, 'A MAC is never empty.');
  const isEnding = state === 'pendingDeletion' || state === 'deleted';
  require(isEnding === (deletion !== undefined), 'What is being deleted says when, and nothing else does.');
  require(!deletion || [deletion.requestedAt, deletion.destroyAt].every(isTime), 'A time is a whole number.');
  require(versions.length > 0, 'A record has at least one version.');
  versions.forEach(requireSoundVersion);
  const isGone =
    versions.every((version) => version.state === 'destroyed') && tags === undefined && dueAt === undefined;
  require(state !== 'deleted' ||
    isGone, 'Of a deleted key there is neither material, nor tags, nor anything to do.');
  requireSize(record);
}

function requireSize({description, tags, policy, versions}: KeyRecord): void {
  const texts = JSON.stringify([description, tags, policy]);
  const weight = versions.reduce((sum, version) => sum + weightOfVersion(version), Buffer.byteLength(texts));
  if (weight > MOST_BYTES) throw new QuotaExceededError('The key is larger than one can be in this store.');
}

const sameVersion = (stored: KeyVersionRecord, version: KeyVersionRecord | undefined): boolean =>
  version?.createdAt === stored.createdAt &&
  same(version.publicKey, stored.publicKey) &&
  (stored.state !== 'destroyed' || version.state === 'destroyed');

/** A record in the place of the stored one keeps what that is. @throws TypeError */
export function requireSameKey(stored: KeyRecord, record: KeyRecord): void {
  const {type, createdAt, origin, keyOps, versions} = record;
  const isSame = type === stored.type && createdAt === stored.createdAt && origin === stored.origin;
  require(isSame &&
    sameJson(keyOps, stored.keyOps), 'A record is updated to one of the same identity and origin.');
  require(stored.versions.every((version, index) =>
    sameVersion(version, versions[index]),
  ), 'A version stays what it is.');
  require(stored.state !== 'deleted' || record.state === 'deleted', 'What is deleted stays so.');
}

const withoutSealing = ({versions, ...record}: KeyRecord & {readonly authentication?: unknown}) => ({
  ...record,
  sequence: 0,
  authentication: null,
  versions: versions.map(({version, createdAt, state, certificates, publicKey}) => ({
    ...{version, createdAt, state},
    certificates: certificates?.map((each) => Buffer.from(each).toString('hex')),
    publicKey: publicKey && Buffer.from(publicKey).toString('hex'),
  })),
});

/** It says the same as the stored one, but for what it is sealed and authenticated under. @throws TypeError */
export function requireResealedKey(stored: KeyRecord, record: KeyRecord): void {
  require(record.sequence === stored.sequence + 1, 'A record is replaced by its next sequence.');
  require(sameJson(
    withoutSealing(stored),
    withoutSealing(record),
  ), 'A record is replaced by one that says the same.');
}
