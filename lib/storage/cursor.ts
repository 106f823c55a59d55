import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {MalformedRequestError} from '../errors.ts';
import type {Page} from './keystore-config-store.ts';

/** Where a page ended: the position of its last row, within the list's group where it has several. */
export interface Place {
  readonly group: number;
  readonly position: number;
}

/** A list, and how its cursors are told from other lists': their first byte. */
export interface List {
  readonly kind: number;
  readonly groups: number;
}

export const KEYSTORE_LIST: List = {kind: 1, groups: 2};
export const KEY_LIST: List = {kind: 2, groups: 1};
export const REVOCATION_LIST: List = {kind: 3, groups: 1};
export const KEYSTORE_ID_LIST: List = {kind: 4, groups: 1};
export const KEY_ID_LIST: List = {kind: 5, groups: 1};
/** Of the key hierarchy. */
export const SCOPE_LIST: List = {kind: 6, groups: 1};

const BEGINNING: Place = {group: 0, position: 0};
/** kind ‖ group ‖ position as 48 bits, big-endian. */
const LENGTH = 8;

/** @throws MalformedRequestError where `cursor` is not one of this list's. */
export function parseCursor(list: List, cursor: string | undefined): Place {
  if (cursor === undefined) return BEGINNING;
  const bytes = decodeBase64url(cursor);
  if (bytes?.length === LENGTH) {
    const [kind, group = 0] = bytes;
    const position = bytes.readUIntBE(2, 6);
    if (kind === list.kind && group < list.groups && position > 0) return {group, position};
  }
  throw new MalformedRequestError('The cursor is not one that this list gave.');
}

function formatCursor(list: List, {group, position}: Place): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.set([list.kind, group]);
  bytes.writeUIntBE(position, 2, 6);
  return encodeBase64url(bytes);
}

/** @throws RangeError: some databases take -1 for no limit. */
export function requireCount(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('A page holds at least one result.');
  return limit;
}

/** One more row than a page holds tells whether more follow. */
export const rowsForPage = (limit: number): number => requireCount(limit) + 1;

interface PageOptions<Row, T> {
  readonly limit: number;
  readonly toPlace: (row: Row) => Place;
  readonly toResult: (row: Row) => T;
}

/** Makes a page of at most `limit` of the `rows` that were read for it. */
export function toPage<Row, T>(
  list: List,
  rows: readonly Row[],
  {limit, toPlace, toResult}: PageOptions<Row, T>,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const results = shown.map((row) => toResult(row));
  return last !== undefined && rows.length > limit
    ? {results, cursor: formatCursor(list, toPlace(last))}
    : {results};
}
