import {decodeBase64url, encodeBase64url} from '../../encoding/base64url.ts';
import {rowsForPage} from '../cursor.ts';
import {toKeyRecord} from '../key-columns.ts';
import {toKeystoreConfig} from '../keystore-columns.ts';
import type {Page} from '../keystore-config-store.ts';
import type {TransferKind, TransferRecords} from '../store-transfer.ts';
import {parseTransferCursor, toTransferPage, toTransferPageOf} from '../transfer-cursor.ts';
import {withoutSealer} from '../without-sealer.ts';
import type {SqliteConnection} from './connection.ts';
import {toJob} from './job-row.ts';
import {keyHierarchyStatements} from './key-hierarchy-statements.ts';
import {keystoreStatements} from './keystore-statements.ts';
import {readKeys} from './read-keys.ts';
import {RootWrapperRows} from './root-wrapper-rows.ts';
import {ScopeRows} from './scope-rows.ts';
import {transferStatements, type TransferredKeyRow} from './transfer-statements.ts';

interface ListOptions {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Bytes of keys in one page. */
const MAX_PAGE_WEIGHT = 4 * 1024 * 1024;

/** Reads all that is stored, page by page. Each method is part of a transaction of its caller. */
export class TransferReader {
  readonly #rootWrappers: RootWrapperRows;
  readonly #scopes: ScopeRows;
  readonly #hierarchy: ReturnType<typeof keyHierarchyStatements>;
  readonly #keystores: ReturnType<typeof keystoreStatements>;
  readonly #sql: ReturnType<typeof transferStatements>;
  readonly #lists: {readonly [Kind in TransferKind]: (options: ListOptions) => Page<TransferRecords[Kind]>} =
    {
      rootWrapper: (options) => this.#listRootWrappers(options),
      scope: (options) => this.#listScopes(options),
      sealer: (options) => this.#listSealers(options),
      keystore: (options) => this.#listKeystores(options),
      key: (options) => this.#listKeys(options),
      revocation: (options) => this.#listRevocations(options),
      replay: (options) => this.#listReplays(options),
      job: (options) => this.#listJobs(options),
    };

  constructor(connection: SqliteConnection) {
    this.#rootWrappers = new RootWrapperRows(connection);
    this.#scopes = new ScopeRows(connection, this.#rootWrappers);
    this.#hierarchy = keyHierarchyStatements(connection);
    this.#keystores = keystoreStatements(connection);
    this.#sql = transferStatements(connection);
  }

  list<Kind extends TransferKind>(kind: Kind, options: ListOptions): Page<TransferRecords[Kind]> {
    return this.#lists[kind](options);
  }

  count(kind: TransferKind): number {
    return this.#sql.counts[kind].get() ?? 0;
  }

  #listRootWrappers(options: ListOptions): Page<TransferRecords['rootWrapper']> {
    return toTransferPageOf('rootWrapper', this.#rootWrappers.list().map(withoutSealer), options);
  }

  #listSealers(options: ListOptions): Page<TransferRecords['sealer']> {
    const all = this.#rootWrappers
      .list()
      .flatMap(({id: rootWrapperId, sealer}) => (sealer ? [{rootWrapperId, ...sealer}] : []));
    return toTransferPageOf('sealer', all, options);
  }

  #listScopes({limit, cursor}: ListOptions): Page<TransferRecords['scope']> {
    const [after] = parseTransferCursor<readonly [number]>('scope', cursor, [0]);
    return toTransferPage('scope', this.#hierarchy.listScopes.all(after, rowsForPage(limit)), {
      shown: limit,
      toPlace: ({position}) => [position],
      toResult: ({scope}) => {
        const record = this.#scopes.find(scope);
        if (!record) throw new TypeError('A scope that is listed is not there.');
        return record;
      },
    });
  }

  #listKeystores({limit, cursor}: ListOptions): Page<TransferRecords['keystore']> {
    const [after] = parseTransferCursor<readonly [number]>('keystore', cursor, [0]);
    return toTransferPage('keystore', this.#sql.keystores.all(after, rowsForPage(limit)), {
      shown: limit,
      toPlace: ({position}) => [position],
      toResult: (row) => ({
        config: toKeystoreConfig(row),
        creator: row.creator,
        acknowledged: this.#keystores.listAcknowledged.all(row.position).toSorted(),
      }),
    });
  }

  #listKeys({limit, cursor}: ListOptions): Page<TransferRecords['key']> {
    const [keystore, position] = parseTransferCursor<readonly [number, number]>('key', cursor, [0, 0]);
    const read = readKeys(this.#sql.keys.iterate(keystore, position, rowsForPage(limit)), MAX_PAGE_WEIGHT);
    return toTransferPage('key', read.all, {
      shown: Math.min(limit, read.whole),
      toPlace: ({first}) => [first.keystore, first.position],
      toResult: ({first, all}) => this.#toKey(first, all),
    });
  }

  #toKey(first: TransferredKeyRow, all: readonly TransferredKeyRow[]): TransferRecords['key'] {
    const uses = this.#sql.uses.all(first.position);
    return {
      record: toKeyRecord(first.keystoreId, first, all),
      uses: uses.map(({version, uses}) => [version, uses] as const),
    };
  }

  #listRevocations({limit, cursor}: ListOptions): Page<TransferRecords['revocation']> {
    const place = parseTransferCursor<readonly [number, number]>('revocation', cursor, [0, 0]);
    return toTransferPage('revocation', this.#sql.revocations.all(...place, rowsForPage(limit)), {
      shown: limit,
      toPlace: ({keystore, position}) => [keystore, position],
      toResult: ({keystoreId, delegator, capabilityId, expiresAt, revoker, revokedAt, chargedTo}) => ({
        revocation: {keystoreId, delegator, capabilityId, expiresAt, revoker, revokedAt},
        ...(chargedTo !== null && {chargedTo}),
      }),
    });
  }

  #listReplays({limit, cursor}: ListOptions): Page<TransferRecords['replay']> {
    const [after] = parseTransferCursor<readonly [string]>('replay', cursor, ['']);
    const digest = decodeBase64url(after) ?? Buffer.alloc(0);
    return toTransferPage('replay', this.#sql.replays.all(digest, rowsForPage(limit)), {
      shown: limit,
      toPlace: (row) => [encodeBase64url(row.digest)],
      toResult: (row) => row,
    });
  }

  #listJobs({limit, cursor}: ListOptions): Page<TransferRecords['job']> {
    const [after] = parseTransferCursor<readonly [number]>('job', cursor, [0]);
    return toTransferPage('job', this.#sql.jobs.all(after, rowsForPage(limit)), {
      shown: limit,
      toPlace: ({position}) => [position],
      toResult: toJob,
    });
  }
}
