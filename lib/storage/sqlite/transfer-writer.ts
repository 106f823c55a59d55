import {NotFoundError} from '../../errors.ts';
import {withPrunedVersions} from '../pruned-versions.ts';
import type {TransferKind, TransferRecords} from '../store-transfer.ts';
import type {SqliteConnection} from './connection.ts';
import {toJobRow} from './job-row.ts';
import {jobStatements} from './job-statements.ts';
import {KeyRecordWriter} from './key-record-writer.ts';
import {KeystoreRows} from './keystore-rows.ts';
import {revocationStatements} from './revocation-statements.ts';
import {RootWrapperRows} from './root-wrapper-rows.ts';
import {ScopeRows} from './scope-rows.ts';
import {transferStatements} from './transfer-statements.ts';

/** Stores what another store has, where it is not there. Each method is part of a transaction of its caller. */
export class TransferWriter {
  readonly #rootWrappers: RootWrapperRows;
  readonly #scopes: ScopeRows;
  readonly #keystores: KeystoreRows;
  readonly #keys: KeyRecordWriter;
  readonly #revocations: ReturnType<typeof revocationStatements>;
  readonly #jobs: ReturnType<typeof jobStatements>;
  readonly #sql: ReturnType<typeof transferStatements>;
  readonly #puts: {readonly [Kind in TransferKind]: (record: TransferRecords[Kind]) => void} = {
    rootWrapper: (record) => {
      if (!this.#findRootWrapper(record.id)) this.#rootWrappers.insert(record);
    },
    scope: (record) => this.#putScope(record),
    sealer: (record) => this.#putSealer(record),
    keystore: ({config, creator, acknowledged}) => {
      if (this.#keystores.find(config.id) === undefined)
        this.#keystores.insert(config, creator, acknowledged);
    },
    key: ({record, uses}) => this.#keys.put(record, uses),
    revocation: (record) => this.#putRevocation(record),
    replay: (record) => void this.#sql.putReplay.run(record),
    job: (job) => {
      if (!this.#jobs.find.get(job.id)) this.#sql.putJob.run(toJobRow(job));
    },
  };

  constructor(connection: SqliteConnection) {
    this.#rootWrappers = new RootWrapperRows(connection);
    this.#scopes = new ScopeRows(connection, this.#rootWrappers);
    this.#keystores = new KeystoreRows(connection);
    this.#keys = new KeyRecordWriter(connection);
    this.#revocations = revocationStatements(connection);
    this.#jobs = jobStatements(connection);
    this.#sql = transferStatements(connection);
  }

  put<Kind extends TransferKind>(kind: Kind, record: TransferRecords[Kind]): void {
    this.#puts[kind](record);
  }

  #findRootWrapper(id: string) {
    return this.#rootWrappers.list().find((rootWrapper) => rootWrapper.id === id);
  }

  #putScope(record: TransferRecords['scope']): void {
    if (this.#scopes.find(record.scope)) return;
    const {scope, dataKeyVersionIds, rootKeyVersionIds} = withPrunedVersions(record);
    this.#scopes.insert(scope);
    for (const id of dataKeyVersionIds) this.#scopes.deleteDataKeyVersion(id);
    for (const id of rootKeyVersionIds) this.#scopes.deleteRootKeyVersion(id);
  }

  #putSealer({rootWrapperId, ...sealer}: TransferRecords['sealer']): void {
    const stored = this.#findRootWrapper(rootWrapperId);
    if (!stored) throw new NotFoundError('There is no such root wrapper.');
    if (stored.sealer) return;
    this.#rootWrappers.update(rootWrapperId, {from: stored.state, to: stored.state, sealer});
  }

  #putRevocation({revocation: {keystoreId, ...revocation}, chargedTo}: TransferRecords['revocation']): void {
    const keystore = this.#revocations.findKeystore.get(keystoreId);
    if (keystore === undefined) throw new NotFoundError('The keystore does not exist.');
    const {delegator, capabilityId} = revocation;
    if (this.#revocations.find.get(keystore, delegator, capabilityId) !== undefined) return;
    this.#sql.putRevocation.run({...revocation, keystore, chargedTo: chargedTo ?? null});
  }
}
