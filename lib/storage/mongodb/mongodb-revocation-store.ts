import {DuplicateError, NotFoundError, QuotaExceededError} from '../../errors.ts';
import {parseCursor, requireCount, REVOCATION_LIST, rowsForPage, toPage} from '../cursor.ts';
import type {Page} from '../keystore-config-store.ts';
import type {Revocation, RevocationCharge, RevocationKey, RevocationStore} from '../revocation-store.ts';
import type {StoredDocument} from './collections.ts';
import type {Target} from './guard-document.ts';
import type {Attempt} from './guarded-attempt.ts';
import type {GuardedWrites} from './guarded-write.ts';
import {keystorePlace} from './keystore-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {revocationDocumentId, toRevocation} from './revocation-document.ts';
import {hasRoom} from './quota.ts';
import {integer, text} from './stored-values.ts';

export class MongodbRevocationStore implements RevocationStore {
  readonly #connection: MongodbConnection;
  readonly #writes: GuardedWrites;

  constructor(connection: MongodbConnection, writes: GuardedWrites) {
    this.#connection = connection;
    this.#writes = writes;
  }

  /** @throws NotFoundError, besides what the interface says, where the keystore does not exist (any more). */
  insert(revocation: Revocation, {charge}: Parameters<RevocationStore['insert']>[1]): Promise<void> {
    const {keystoreId, delegator, capabilityId, expiresAt, revoker, revokedAt} = revocation;
    const place = {
      collection: 'revocation',
      _id: revocationDocumentId(keystoreId, delegator, capabilityId),
      keystoreId,
    } as const;
    const insert = async (attempt: Attempt): Promise<void> => {
      const {target, document} = await attempt.reserve(place);
      const registration = {targets: [target], count: 'lastRevocationPosition'};
      const keystore = await attempt.register(keystorePlace(keystoreId), registration);
      if (keystore?.['config'] === undefined) throw new NotFoundError('The keystore does not exist.');
      if (!target.isPlaceholder && integer(document['expiresAt']) >= expiresAt)
        throw new DuplicateError('A record with that identity exists.');
      if (charge) await this.#requireRoom(attempt, keystore, {charge, target});
      await attempt.commit(target, {
        $set: {
          ...{delegator, capabilityId, expiresAt, revoker, revokedAt},
          position: integer(keystore['lastRevocationPosition']),
          incarnation: text(keystore['incarnation']),
          ...(charge && {chargedTo: charge.to}),
        },
        ...(!charge && {$unset: {chargedTo: ''}}),
      });
    };
    // Others' entries say of whose share they are.
    const operation = charge ? `${CHARGED}${charge.to}` : 'insert revocation';
    return this.#connection.within(() => this.#writes.run(operation, insert));
  }

  isAnyRevoked(...[keystoreId, keys]: Parameters<RevocationStore['isAnyRevoked']>): Promise<boolean> {
    return this.#connection.within(() => isAnyRevoked(this.#connection, keystoreId, keys));
  }

  list({keystoreId, limit, cursor}: Parameters<RevocationStore['list']>[0]): Promise<Page<Revocation>> {
    return this.#connection.within(async () => {
      const {position} = parseCursor(REVOCATION_LIST, cursor);
      const rows = await this.#connection.find(
        'revocation',
        {keystoreId, position: {$gt: position}},
        {sort: {position: 1}, limit: rowsForPage(limit)},
      );
      return toPage(REVOCATION_LIST, rows, {
        limit,
        toPlace: (row) => ({group: 0, position: integer(row['position'])}),
        toResult: toRevocation,
      });
    });
  }

  deleteExpired({before, limit}: {readonly before: number; readonly limit: number}): Promise<number> {
    const expired = {expiresAt: {$lt: before}};
    return this.#connection.within(async () => {
      const selection = {sort: {expiresAt: 1}, limit: requireCount(limit), projection: {_id: 1}} as const;
      const found = await this.#connection.find('revocation', expired, selection);
      const ids = found.map(({_id}) => _id);
      return ids.length === 0 ? 0 : this.#connection.removeMany('revocation', {_id: {$in: ids}, ...expired});
    });
  }

  /** Who registered before takes its share first, whether it has written yet or not. */
  async #requireRoom(
    attempt: Attempt,
    keystore: StoredDocument,
    {charge: {to, max}, target}: {readonly charge: RevocationCharge; readonly target: Target},
  ): Promise<void> {
    const isFree = await hasRoom(attempt, keystore, {
      max,
      takesShare: ({operation}) => operation === `${CHARGED}${to}`,
      countOthers: (ids) => {
        const others = {keystoreId: keystore['_id'], chargedTo: to, _id: {$nin: [...ids, target._id]}};
        return this.#connection.count('revocation', others, {reading: 'current'});
      },
    });
    if (!isFree) throw new QuotaExceededError('The quota of revocations in this keystore is used up.');
  }
}

const CHARGED = 'insert revocation charged to ';

/** By the keystore's documents alone: whether there is a keystore is asked elsewhere. */
export async function isAnyRevoked(
  connection: MongodbConnection,
  keystoreId: string,
  keys: readonly Omit<RevocationKey, 'keystoreId'>[],
): Promise<boolean> {
  if (keys.length === 0) return false;
  const ids = keys.map(({delegator, capabilityId}) =>
    revocationDocumentId(keystoreId, delegator, capabilityId),
  );
  const found = await connection.findOne(
    'revocation',
    {_id: {$in: ids}, keystoreId, position: {$gt: 0}},
    {reading: 'decisive', projection: {_id: 1}},
  );
  return found !== undefined;
}
