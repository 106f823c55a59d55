import {decodeBase64url} from '../encoding/base64url.ts';

/** An application on this host that may use keys over the IPC socket, and what it may. */
export interface IpcClient {
  readonly name: string;
  /** did:key of what its secret makes: what it proves to have. */
  readonly did: string;
  /** 32 bytes as base64url, made of its secret, too: by these the server proves to be the one that it was made for. */
  readonly serverKey: string;
  /** URL. */
  readonly keystoreId: string;
  /** Local ids; absent: all keys of the keystore, and new ones. */
  readonly keys?: readonly string[];
  /** Absent: all. */
  readonly actions?: readonly string[];
  /** did:key of the key that signs its builds: it must present a capability of that key's. */
  readonly buildKey?: string;
  /** Ids of such capabilities that are refused. */
  readonly revokedBuilds?: readonly string[];
}

const IPC_SERVER_KEY_BYTES = 32;
export const MAX_IPC_CLIENTS = 1000;
export const MAX_REVOKED_BUILDS = 1000;
const MAX_LISTED = 1000;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DID_KEY = /^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/;
const LOCAL_ID = /^z[1-9A-HJ-NP-Za-km-z]{1,63}$/;
const ACTION = /^[a-z][A-Za-z]{0,63}$/;
/** What capabilities' ids may be (zcap/capability.ts). */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]{1,1000}$/;
const HTTPS_URL = /^https:\/\/[\x21-\x7e]{1,2000}$/;

const MEMBERS: Readonly<Record<keyof IpcClient, (value: unknown) => boolean>> = {
  name: matches(NAME),
  did: matches(DID_KEY),
  serverKey: (value) => typeof value === 'string' && decodeBase64url(value)?.length === IPC_SERVER_KEY_BYTES,
  keystoreId: matches(HTTPS_URL),
  keys: optional(listOf(matches(LOCAL_ID), MAX_LISTED)),
  actions: optional(listOf(matches(ACTION), MAX_LISTED)),
  buildKey: optional(matches(DID_KEY)),
  revokedBuilds: optional(listOf(matches(URI), MAX_REVOKED_BUILDS)),
};

/** @returns the name of the first member that is not as it must be, or is not known; `client` where it is no object */
export function ipcClientProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'client';
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(MEMBERS, name));
  if (unknown !== undefined) return unknown;
  const given = value as Readonly<Record<string, unknown>>;
  return Object.entries(MEMBERS).find(([name, isRight]) => !isRight(given[name]))?.[0];
}

export function isIpcClient(value: unknown): value is IpcClient {
  return ipcClientProblem(value) === undefined;
}

export function isCapabilityId(value: string): boolean {
  return URI.test(value);
}

function matches(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function listOf(isItem: (value: unknown) => boolean, max: number): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.length > 0 && value.length <= max && value.every(isItem);
}

function optional(isRight: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isRight(value);
}
