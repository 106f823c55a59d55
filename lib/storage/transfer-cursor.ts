import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {MalformedRequestError} from '../errors.ts';
import type {Page} from './keystore-config-store.ts';
import type {TransferKind} from './store-transfer.ts';

/** Where a page ended: what its last record is ordered by. */
export type TransferPlace = readonly (string | number)[];

const fits = (value: unknown, like: string | number): boolean =>
  typeof value === typeof like && (typeof value === 'string' || Number.isSafeInteger(value));

/**
 * @param beginning before all records; a place has as many members, of the same types.
 * @throws MalformedRequestError where `cursor` is not one of this kind's list.
 */
export function parseTransferCursor<Place extends TransferPlace>(
  kind: TransferKind,
  cursor: string | undefined,
  beginning: Place,
): Place {
  if (cursor === undefined) return beginning;
  const [ofKind, ...place] = parseArray(cursor);
  if (
    ofKind === kind &&
    place.length === beginning.length &&
    beginning.every((like, index) => fits(place[index], like))
  ) {
    return place as unknown as Place;
  }
  throw new MalformedRequestError('The cursor is not one that this list gave.');
}

function parseArray(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(decodeBase64url(cursor)?.toString('utf8') ?? '');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

interface TransferPageOptions<Row, T> {
  /** Of how many rows the page is. */
  readonly shown: number;
  /** Whether more follow. Default: where more than these were read */
  readonly more?: boolean;
  readonly toPlace: (row: Row) => TransferPlace;
  readonly toResult: (row: Row) => T;
}

/** Makes a page of what was read for it. */
export function toTransferPage<Row, T>(
  kind: TransferKind,
  rows: readonly Row[],
  {shown, more = rows.length > shown, toPlace, toResult}: TransferPageOptions<Row, T>,
): Page<T> {
  const page = rows.slice(0, shown);
  const last = page.at(-1);
  const results = page.map(toResult);
  if (last === undefined || !more) return {results};
  return {results, cursor: encodeBase64url(Buffer.from(JSON.stringify([kind, ...toPlace(last)]), 'utf8'))};
}

/** A page of what is read whole: there is little of it. A place is how many come before. */
export function toTransferPageOf<T>(
  kind: TransferKind,
  all: readonly T[],
  {limit, cursor}: {readonly limit: number; readonly cursor?: string | undefined},
): Page<T> {
  const [from] = parseTransferCursor<readonly [number]>(kind, cursor, [0]);
  return toTransferPage(kind, all.slice(from, from + limit + 1), {
    shown: limit,
    toPlace: () => [from + limit],
    toResult: (item) => item,
  });
}
