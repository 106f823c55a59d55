import {decodeBase64url, encodeBase64url} from '../../encoding/base64url.ts';
import {rowsForPage} from '../cursor.ts';
import {groupRows} from '../group-rows.ts';
import type {Page} from '../keystore-config-store.ts';
import type {TransferKind, TransferRecords} from '../store-transfer.ts';
import {parseTransferCursor, toTransferPage, toTransferPageOf} from '../transfer-cursor.ts';
import {withoutSealer} from '../without-sealer.ts';
import {toJob} from './job-rows.ts';
import {readKey} from './key-rows.ts';
import {PAGE_OF_ALL} from './key-statements.ts';
import {readKeystore} from './keystore-rows.ts';
import {RootWrapperRows} from './root-wrapper-rows.ts';
import {bytes, integer, type Row, text, textOrNull} from './row.ts';
import {toScopeKeys} from './scope-rows.ts';
import {SCOPE_SQL} from './scope-statements.ts';
import * as sql from './transfer-statements.ts';
import type {Transaction} from './transaction.ts';

interface ListOptions {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

type List<Kind extends TransferKind> = (
  tx: Transaction,
  options: ListOptions,
) => Promise<Page<TransferRecords[Kind]>>;

/** Bytes of keys in one page. */
const MAX_PAGE_WEIGHT = 4 * 1024 * 1024;

const rootWrappers = new RootWrapperRows();

function parseNames(json: string | null): readonly string[] {
  const value: unknown = json === null ? [] : JSON.parse(json);
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value.toSorted();
  throw new TypeError('A list of names from the server is something else.');
}

const LISTS: {readonly [Kind in TransferKind]: List<Kind>} = {
  rootWrapper: async (tx, options) =>
    toTransferPageOf('rootWrapper', (await rootWrappers.list(tx)).map(withoutSealer), options),

  sealer: async (tx, options) => {
    const all = (await rootWrappers.list(tx)).flatMap(({id: rootWrapperId, sealer}) =>
      sealer ? [{rootWrapperId, ...sealer}] : [],
    );
    return toTransferPageOf('sealer', all, options);
  },

  scope: async (tx, {limit, cursor}) => {
    const [after] = parseTransferCursor<readonly [number]>('scope', cursor, [0]);
    const rows = await tx.query(SCOPE_SQL.list, [after, rowsForPage(limit)]);
    const scopes: TransferRecords['scope'][] = [];
    for (const row of rows.slice(0, limit)) {
      const scope = text(row, 'scope');
      const record = toScopeKeys(scope, (await tx.query(SCOPE_SQL.find, [scope]))[0]);
      if (!record) throw new TypeError('A scope that is listed is not there.');
      scopes.push(record);
    }
    return toTransferPage('scope', scopes, {
      shown: limit,
      more: rows.length > limit,
      toPlace: () => [integer(rows[limit - 1] ?? {}, 'position')],
      toResult: (record) => record,
    });
  },

  keystore: async (tx, {limit, cursor}) => {
    const [after] = parseTransferCursor<readonly [number]>('keystore', cursor, [0]);
    return toTransferPage('keystore', await tx.query(sql.KEYSTORES, [after, rowsForPage(limit)]), {
      shown: limit,
      toPlace: (row) => [integer(row, 'position')],
      toResult: (row) => ({
        config: readKeystore(row),
        creator: text(row, 'creator'),
        acknowledged: parseNames(textOrNull(row, 'acknowledged')),
      }),
    });
  },

  key: listKeys,

  revocation: async (tx, {limit, cursor}) => {
    const place = parseTransferCursor<readonly [number, number]>('revocation', cursor, [0, 0]);
    return toTransferPage('revocation', await tx.query(sql.REVOCATIONS, [...place, rowsForPage(limit)]), {
      shown: limit,
      toPlace: (row) => [integer(row, 'keystore'), integer(row, 'position')],
      toResult: toRevocation,
    });
  },

  replay: async (tx, {limit, cursor}) => {
    const [after] = parseTransferCursor<readonly [string]>('replay', cursor, ['']);
    const digest = decodeBase64url(after) ?? Buffer.alloc(0);
    return toTransferPage('replay', await tx.query(sql.REPLAYS, [digest, rowsForPage(limit)]), {
      shown: limit,
      toPlace: (row) => [encodeBase64url(bytes(row, 'digest'))],
      toResult: (row) => ({digest: bytes(row, 'digest'), expiresAt: integer(row, 'expiresAt')}),
    });
  },

  job: async (tx, {limit, cursor}) => {
    const [after] = parseTransferCursor<readonly [number]>('job', cursor, [0]);
    return toTransferPage('job', await tx.query(sql.JOBS, [after, rowsForPage(limit)]), {
      shown: limit,
      toPlace: (row) => [integer(row, 'position')],
      toResult: toJob,
    });
  },
};

async function listKeys(
  tx: Transaction,
  {limit, cursor}: ListOptions,
): Promise<Page<TransferRecords['key']>> {
  const place = parseTransferCursor<readonly [number, number]>('key', cursor, [0, 0]);
  const rows = await tx.query(PAGE_OF_ALL, [...place, rowsForPage(limit), MAX_PAGE_WEIGHT]);
  const keys = groupRows(rows, (row) => integer(row, 'position'));
  const found = rows[0] ? integer(rows[0], 'found') : 0;
  const uses = await readUses(tx, [...keys.map(({first}) => integer(first, 'position'))]);
  const shown = Math.min(limit, keys.length);
  return toTransferPage('key', keys, {
    shown,
    more: found > shown,
    toPlace: ({first}) => [integer(first, 'keystore'), integer(first, 'position')],
    toResult: ({first, all}) => ({
      record: readKey(text(first, 'keystoreId'), [first, ...all.slice(1)]),
      uses: uses.get(integer(first, 'position')) ?? [],
    }),
  });
}

/** By key, in order of version. */
async function readUses(
  tx: Transaction,
  positions: readonly number[],
): Promise<ReadonlyMap<number, TransferRecords['key']['uses']>> {
  const rows = await tx.query(sql.USES, [positions]);
  const groups = groupRows(rows, (row) => integer(row, 'key'));
  return new Map(
    groups.map(({first, all}) => [
      integer(first, 'key'),
      all.map((row) => [integer(row, 'version'), integer(row, 'uses')] as const),
    ]),
  );
}

function toRevocation(row: Row): TransferRecords['revocation'] {
  const chargedTo = textOrNull(row, 'chargedTo');
  const revocation = {
    keystoreId: text(row, 'keystoreId'),
    delegator: text(row, 'delegator'),
    capabilityId: text(row, 'capabilityId'),
    expiresAt: integer(row, 'expiresAt'),
    revoker: text(row, 'revoker'),
    revokedAt: integer(row, 'revokedAt'),
  };
  return {revocation, ...(chargedTo !== null && {chargedTo})};
}

/** Reads what is stored, page by page, within a transaction. */
export function listTransferred<Kind extends TransferKind>(
  tx: Transaction,
  kind: Kind,
  options: ListOptions,
): Promise<Page<TransferRecords[Kind]>> {
  return LISTS[kind](tx, options);
}
