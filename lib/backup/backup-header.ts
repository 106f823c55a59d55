import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {BackupError} from './backup-error.ts';

/** A root that opens the backup: its record as the database has it, and the backup's key sealed under it. */
export interface BackupRoot extends Pick<
  RootWrapperRecord,
  'id' | 'uri' | 'wrapperKeyId' | 'parameters' | 'createdAt'
> {
  readonly sealedKey: Uint8Array;
}

/** What a backup says of itself. Only opening it shows that nobody has changed it. */
export interface BackupHeader {
  /** `bkp_` and 16 random bytes as base64url: also the key id of its chunks. */
  readonly id: string;
  /** Milliseconds since the epoch: what was written after is not in it. */
  readonly createdAt: number;
  /** The release that made it. */
  readonly application: string;
  /** At least one. */
  readonly roots: readonly BackupRoot[];
}

const BACKUP_ID = /^bkp_[A-Za-z0-9_-]{22}$/;
const ROOT_ID = /^rw_[A-Za-z0-9_-]{1,64}$/;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** They are shown on terminals. */
const TEXT = /^[^\x00-\x1f\x7f-\x9f]{1,8192}$/;
const MAX_ROOTS = 64;
const MAX_SEALED_KEY_BYTES = 1024;

/** @returns UTF-8. */
export function encodeHeader({id, createdAt, application, roots}: BackupHeader): Uint8Array {
  const encoded = roots.map((root) => ({
    id: root.id,
    uri: root.uri,
    wrapperKeyId: root.wrapperKeyId,
    ...(root.parameters !== undefined && {parameters: root.parameters}),
    createdAt: root.createdAt,
    sealedKey: encodeBase64url(root.sealedKey),
  }));
  return Buffer.from(JSON.stringify({id, createdAt, application, roots: encoded}), 'utf8');
}

/** @throws BackupError, `damaged` */
export function parseHeader(bytes: Uint8Array): BackupHeader {
  try {
    const {id, createdAt, application, roots} = asObject(parseStrictJson(bytes, {maxDepth: 3}));
    if (!Array.isArray(roots) || roots.length === 0 || roots.length > MAX_ROOTS) throw new TypeError('roots');
    const parsed = roots.map((root: unknown) => parseRoot(root));
    if (new Set(parsed.map((root) => root.id)).size < parsed.length) throw new TypeError('a root twice');
    return {
      id: asText(id, BACKUP_ID),
      createdAt: asTime(createdAt),
      application: asText(application, TEXT),
      roots: parsed,
    };
  } catch (cause) {
    throw new BackupError('damaged', 'The header of the backup is damaged.', {cause});
  }
}

function parseRoot(value: unknown): BackupRoot {
  const {id, uri, wrapperKeyId, parameters, createdAt, sealedKey} = asObject(value);
  const blob = decodeBase64url(asText(sealedKey, TEXT));
  if (!blob || blob.length === 0 || blob.length > MAX_SEALED_KEY_BYTES) throw new TypeError('sealedKey');
  return {
    id: asText(id, ROOT_ID),
    uri: asText(uri, TEXT),
    wrapperKeyId: asText(wrapperKeyId, KEY_ID),
    ...(parameters !== undefined && {parameters: asText(parameters, TEXT)}),
    createdAt: asTime(createdAt),
    sealedKey: blob,
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new TypeError('not an object');
}

function asText(value: unknown, pattern: RegExp): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new TypeError('not the text that it must be');
}

function asTime(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError('not a time');
}
