import {NotFoundError} from '../../errors.ts';
import {withPrunedVersions} from '../pruned-versions.ts';
import type {TransferKind, TransferRecords} from '../store-transfer.ts';
import {dataKeyVersionMissing, namingDataKeyVersions} from './data-key-versions.ts';
import {insertControllers, toKeystoreValues} from './keystore-values.ts';
import {putKeys} from './put-keys.ts';
import {revocationIdentity} from './revocation-identity.ts';
import {RootWrapperRows} from './root-wrapper-rows.ts';
import {integer, text} from './row.ts';
import {ScopeRows} from './scope-rows.ts';
import {SCOPE_SQL} from './scope-statements.ts';
import * as sql from './transfer-statements.ts';
import type {Transaction} from './transaction.ts';

type Put<Kind extends TransferKind> = (
  tx: Transaction,
  records: readonly TransferRecords[Kind][],
) => Promise<void>;

const rootWrappers = new RootWrapperRows();
const scopes = new ScopeRows(rootWrappers);

/** Each of them on its own. */
const oneByOne =
  <Kind extends TransferKind>(
    put: (tx: Transaction, record: TransferRecords[Kind]) => Promise<void>,
  ): Put<Kind> =>
  async (tx, records) => {
    for (const record of records) await put(tx, record);
  };

const PUTS: {readonly [Kind in TransferKind]: Put<Kind>} = {
  rootWrapper: oneByOne<'rootWrapper'>(async (tx, record) => {
    const stored = await rootWrappers.list(tx);
    if (!stored.some(({id}) => id === record.id)) await rootWrappers.insert(tx, record);
  }),
  scope: oneByOne<'scope'>(async (tx, record) => {
    const [stored] = await tx.query(SCOPE_SQL.lock, [record.scope]);
    if (stored) return;
    const {scope, dataKeyVersionIds, rootKeyVersionIds} = withPrunedVersions(record);
    await scopes.insert(tx, scope);
    for (const id of dataKeyVersionIds) await tx.execute(SCOPE_SQL.deleteDataKeyVersion, [id]);
    for (const id of rootKeyVersionIds) await tx.execute(SCOPE_SQL.deleteRootKeyVersion, [id]);
  }),
  sealer: oneByOne<'sealer'>(async (tx, {rootWrapperId, ...sealer}) => {
    const stored = (await rootWrappers.list(tx)).find(({id}) => id === rootWrapperId);
    if (!stored) throw new NotFoundError('There is no such root wrapper.');
    if (stored.sealer) return;
    await rootWrappers.update(tx, rootWrapperId, {from: stored.state, to: stored.state, sealer});
  }),
  keystore: oneByOne<'keystore'>(async (tx, {config, creator, acknowledged}) => {
    const [stored] = await tx.query(sql.LOCK_KEYSTORES, [[config.id]]);
    if (stored) return;
    const values = [...toKeystoreValues(config), creator];
    const [row] = await namingDataKeyVersions(() => tx.query(sql.PUT_KEYSTORE, values));
    if (!row) throw dataKeyVersionMissing(config.authentication.dataKeyVersionId);
    await insertControllers(tx, integer(row, 'position'), config, acknowledged);
  }),
  key: putKeys,
  revocation: putRevocations,
  replay: async (tx, records) => {
    await tx.execute(sql.PUT_REPLAYS, [
      records.map(({digest}) => digest),
      records.map(({expiresAt}) => expiresAt),
    ]);
  },
  job: oneByOne<'job'>(
    async (tx, {id, steps, scope, createdAt, rotateBefore, progress, finishedAt, failure}) => {
      const what = [id, JSON.stringify(steps), scope ?? null, createdAt, rotateBefore ?? null];
      await tx.execute(sql.PUT_JOB, [...what, progress ?? null, finishedAt ?? null, failure ?? null]);
    },
  ),
};

async function putRevocations(
  tx: Transaction,
  records: readonly TransferRecords['revocation'][],
): Promise<void> {
  const ids = [...new Set(records.map(({revocation}) => revocation.keystoreId))];
  const rows = await tx.query(sql.LOCK_KEYSTORES, [ids]);
  const keystores = new Map(rows.map((row) => [text(row, 'id'), integer(row, 'position')]));
  const all = records.map(({revocation, chargedTo}) => {
    const keystore = keystores.get(revocation.keystoreId);
    if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
    return {...revocation, keystore, identity: revocationIdentity(revocation), chargedTo: chargedTo ?? null};
  });
  await tx.execute(sql.PUT_REVOCATIONS, [
    all.map(({keystore}) => keystore),
    all.map(({delegator}) => delegator),
    all.map(({capabilityId}) => capabilityId),
    all.map(({identity}) => identity),
    all.map(({expiresAt}) => expiresAt),
    all.map(({revoker}) => revoker),
    all.map(({revokedAt}) => revokedAt),
    all.map(({chargedTo}) => chargedTo),
  ]);
}

/** Stores what another store has, where it is not there, within a transaction that writes. */
export function putTransferred<Kind extends TransferKind>(
  tx: Transaction,
  kind: Kind,
  records: readonly TransferRecords[Kind][],
): Promise<void> {
  return PUTS[kind](tx, records);
}
