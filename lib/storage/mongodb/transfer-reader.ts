import {decodeBase64url, encodeBase64url} from '../../encoding/base64url.ts';
import {controllersOf} from '../controllers-of.ts';
import {requireCount, rowsForPage} from '../cursor.ts';
import type {Page} from '../keystore-config-store.ts';
import type {TransferKind, TransferRecords} from '../store-transfer.ts';
import {parseTransferCursor, toTransferPage, toTransferPageOf} from '../transfer-cursor.ts';
import {withoutSealer} from '../without-sealer.ts';
import type {CollectionName, StoredDocument} from './collections.ts';
import {HIERARCHY, rootWrappersOf} from './hierarchy-document.ts';
import {toJob} from './job-document.ts';
import {toKeyRecord} from './key-document.ts';
import {weightOfVersion} from './key-rules.ts';
import {toKeystoreConfig} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {toRevocation} from './revocation-document.ts';
import {toScopeKeys} from './scope-document.ts';
import {bytes, integer, members, optional, text, texts} from './stored-values.ts';
import {countAll} from './walk.ts';

interface ListOptions {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface PlacedDocument {
  /** The keystore's position. */
  readonly keystore: number;
  readonly document: StoredDocument;
}

/** Bytes of keys in one page. */
const MAX_PAGE_WEIGHT = 4 * 1024 * 1024;

/** Only what is no placeholder has a position. */
const PLACED = {position: {$gt: 0}};
/** Counted by an index. */
const COUNTED = {
  scope: ['keystore', {scopePosition: {$gt: 0}}],
  keystore: ['keystore', PLACED],
  job: ['maintenance_job', PLACED],
} as const satisfies Partial<Record<TransferKind, readonly [CollectionName, StoredDocument]>>;
/** Of which there may be very many, and of which no index holds all. */
const WALKED = {key: PLACED, revocation: PLACED, replay: {}} as const;

function weightOf(document: StoredDocument): number {
  const {versions} = toKeyRecord(document);
  return versions.reduce((sum, version) => sum + weightOfVersion(version), 0);
}

function toKeystore(document: StoredDocument): TransferRecords['keystore'] {
  const config = toKeystoreConfig(document);
  if (!config) throw new TypeError('A keystore that is listed has no config.');
  const names = controllersOf(config);
  // The creator is one for good: also as long as it is no controller.
  const acknowledged = texts(document['acknowledgedBy']).filter((name) => names.includes(name));
  return {config, creator: text(document['creator']), acknowledged: acknowledged.toSorted()};
}

function toKey(document: StoredDocument): TransferRecords['key'] {
  const uses = Object.entries(members(document['uses'] ?? {}));
  return {
    record: toKeyRecord(document),
    uses: uses
      .map(([version, count]) => [Number(version), integer(count)] as const)
      .toSorted(([a], [b]) => a - b),
  };
}

/** Reads all that is stored, page by page. */
export class TransferReader {
  readonly #connection: MongodbConnection;
  readonly #lists: {
    readonly [Kind in TransferKind]: (options: ListOptions) => Promise<Page<TransferRecords[Kind]>>;
  } = {
    rootWrapper: async (options) =>
      toTransferPageOf('rootWrapper', (await this.#rootWrappers()).map(withoutSealer), options),
    sealer: async (options) => toTransferPageOf('sealer', await this.#sealers(), options),
    scope: (options) => this.#listScopes(options),
    keystore: (options) => this.#listKeystores(options),
    key: (options) => this.#listKeys(options),
    revocation: (options) => this.#listRevocations(options),
    replay: (options) => this.#listReplays(options),
    job: (options) => this.#listJobs(options),
  };

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  list<Kind extends TransferKind>(kind: Kind, options: ListOptions): Promise<Page<TransferRecords[Kind]>> {
    requireCount(options.limit);
    return this.#lists[kind](options);
  }

  async count(kind: TransferKind): Promise<number> {
    if (kind === 'rootWrapper') return (await this.#rootWrappers()).length;
    if (kind === 'sealer') return (await this.#sealers()).length;
    if (kind === 'key' || kind === 'revocation' || kind === 'replay') {
      return countAll(this.#connection, kind, WALKED[kind]);
    }
    const [name, conditions] = COUNTED[kind];
    return this.#connection.count(name, conditions);
  }

  async #rootWrappers() {
    const found = await this.#connection.findOne('hierarchy', {_id: HIERARCHY._id}, {reading: 'decisive'});
    return found ? rootWrappersOf(found) : [];
  }

  async #sealers(): Promise<readonly TransferRecords['sealer'][]> {
    const all = await this.#rootWrappers();
    return all.flatMap(({id: rootWrapperId, sealer}) => (sealer ? [{rootWrapperId, ...sealer}] : []));
  }

  async #listScopes({limit, cursor}: ListOptions): Promise<Page<TransferRecords['scope']>> {
    const [after] = parseTransferCursor<readonly [number]>('scope', cursor, [0]);
    const conditions = {scopePosition: {$gt: after}};
    const selection = {sort: {scopePosition: 1}, limit: rowsForPage(limit)} as const;
    return toTransferPage('scope', await this.#connection.find('keystore', conditions, selection), {
      shown: limit,
      toPlace: ({scopePosition}) => [integer(scopePosition)],
      toResult: (document) => {
        const record = toScopeKeys(document);
        if (!record) throw new TypeError('A scope that is listed has no keys.');
        return record;
      },
    });
  }

  async #listKeystores({limit, cursor}: ListOptions): Promise<Page<TransferRecords['keystore']>> {
    const [after] = parseTransferCursor<readonly [number]>('keystore', cursor, [0]);
    const selection = {sort: {position: 1}, limit: rowsForPage(limit)} as const;
    const rows = await this.#connection.find('keystore', {position: {$gt: after}}, selection);
    return toTransferPage('keystore', rows, {
      shown: limit,
      toPlace: ({position}) => [integer(position)],
      toResult: toKeystore,
    });
  }

  async #listKeys({limit, cursor}: ListOptions): Promise<Page<TransferRecords['key']>> {
    const place = parseTransferCursor<readonly [number, number]>('key', cursor, [0, 0]);
    const found: PlacedDocument[] = [];
    let [weight, shown] = [0, limit];
    await this.#eachOfKeystores('key', place, limit, (placed) => {
      found.push(placed);
      if (weight > MAX_PAGE_WEIGHT) shown = Math.min(shown, found.length - 1);
      weight += weightOf(placed.document);
      return found.length <= shown;
    });
    return toTransferPage('key', found, {
      shown,
      toPlace: ({keystore, document}) => [keystore, integer(document['position'])],
      toResult: ({document}) => toKey(document),
    });
  }

  async #listRevocations({limit, cursor}: ListOptions): Promise<Page<TransferRecords['revocation']>> {
    const place = parseTransferCursor<readonly [number, number]>('revocation', cursor, [0, 0]);
    const found: PlacedDocument[] = [];
    await this.#eachOfKeystores('revocation', place, limit, (placed) => found.push(placed) <= limit);
    return toTransferPage('revocation', found, {
      shown: limit,
      toPlace: ({keystore, document}) => [keystore, integer(document['position'])],
      toResult: ({document}) => ({
        revocation: toRevocation(document),
        ...optional('chargedTo', document['chargedTo'], text),
      }),
    });
  }

  /** Gives the documents of all keystores, from a place on, to `take` until that returns false. */
  async #eachOfKeystores(
    name: 'key' | 'revocation',
    [keystore, position]: readonly [number, number],
    limit: number,
    take: (placed: PlacedDocument) => boolean,
  ): Promise<void> {
    for (let from = keystore; ;) {
      const selection = {sort: {position: 1}, limit, projection: {position: 1}} as const;
      // No position is below 1.
      const conditions = {position: {$gte: Math.max(1, from)}};
      const keystores = await this.#connection.find('keystore', conditions, selection);
      for (const {_id: keystoreId, position: at} of keystores) {
        const after = integer(at) === keystore ? position : 0;
        const found = {keystoreId, position: {$gt: after}};
        if (
          !(await this.#eachOf(name, found, limit + 1, (document) => take({keystore: integer(at), document})))
        )
          return;
        from = integer(at) + 1;
      }
      if (keystores.length < limit) return;
    }
  }

  /** @returns whether `take` took all of them */
  async #eachOf(
    name: 'key' | 'revocation',
    conditions: StoredDocument,
    limit: number,
    take: (document: StoredDocument) => boolean,
  ): Promise<boolean> {
    const taken: boolean[] = [];
    await this.#connection.forEach(name, conditions, {sort: {position: 1}, limit}, (document) => {
      const goesOn = take(document);
      taken.push(goesOn);
      return goesOn;
    });
    return taken.at(-1) ?? true;
  }

  async #listReplays({limit, cursor}: ListOptions): Promise<Page<TransferRecords['replay']>> {
    const [after] = parseTransferCursor<readonly [string]>('replay', cursor, ['']);
    const conditions = cursor === undefined ? {} : {_id: {$gt: decodeBase64url(after)}};
    const selection = {sort: {_id: 1}, limit: rowsForPage(limit)} as const;
    return toTransferPage('replay', await this.#connection.find('replay', conditions, selection), {
      shown: limit,
      toPlace: ({_id}) => [encodeBase64url(bytes(_id))],
      toResult: ({_id, expiresAt}) => ({digest: bytes(_id), expiresAt: integer(expiresAt)}),
    });
  }

  async #listJobs({limit, cursor}: ListOptions): Promise<Page<TransferRecords['job']>> {
    const [after] = parseTransferCursor<readonly [number]>('job', cursor, [0]);
    const selection = {sort: {position: 1}, limit: rowsForPage(limit)} as const;
    const rows = await this.#connection.find('maintenance_job', {position: {$gt: after}}, selection);
    return toTransferPage('job', rows, {
      shown: limit,
      toPlace: ({position}) => [integer(position)],
      toResult: toJob,
    });
  }
}
