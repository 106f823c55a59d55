import {controllersOf} from '../controllers-of.ts';
import type {KeystoreConfig} from '../keystore-config-store.ts';
import {type KeystoreColumns, toKeystoreColumns} from '../keystore-columns.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {SqliteConnection} from './connection.ts';
import {DataKeyVersionLookup, type WrittenMac} from './data-key-version-lookup.ts';
import {keystoreStatements} from './keystore-statements.ts';

/** The rows of keystores and of their controllers. Each method is part of a transaction of its caller. */
export class KeystoreRows {
  readonly #dataKeyVersions: DataKeyVersionLookup;
  readonly #sql: ReturnType<typeof keystoreStatements>;

  constructor(connection: SqliteConnection) {
    this.#dataKeyVersions = new DataKeyVersionLookup(connection);
    this.#sql = keystoreStatements(connection);
  }

  find(id: string): {readonly position: number; readonly sequence: number} | undefined {
    return this.#sql.findSequence.get(id);
  }

  insert(config: Authenticated<KeystoreConfig>, creator: string, acknowledged: readonly string[]): void {
    const position = this.#sql.insert.get({...this.toRow(config), creator});
    if (position === undefined) throw new TypeError('An insertion returned no row.');
    this.insertControllers(position, config, acknowledged);
  }

  insertControllers(position: number, config: KeystoreConfig, acknowledged: readonly string[]): void {
    for (const name of new Set(controllersOf(config))) {
      this.#sql.insertController.run(name, acknowledged.includes(name) ? 0 : 1, position);
    }
  }

  toRow(config: Authenticated<KeystoreConfig>): KeystoreColumns & WrittenMac {
    return {
      ...toKeystoreColumns(config),
      ...this.#dataKeyVersions.toWrittenMac(config.authentication),
    };
  }
}
