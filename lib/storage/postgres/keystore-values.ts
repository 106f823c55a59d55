import {controllersOf} from '../controllers-of.ts';
import {toKeystoreColumns} from '../keystore-columns.ts';
import type {KeystoreConfig} from '../keystore-config-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import * as sql from './keystore-statements.ts';
import type {Value} from './statement.ts';
import type {Transaction} from './transaction.ts';

/** As INSERT and UPDATE take it (keystore-statements.ts). */
export function toKeystoreValues(config: Authenticated<KeystoreConfig>): readonly Value[] {
  const {id, sequence, controller, controllers, kmsModule, meterId, ipAllowList} = toKeystoreColumns(config);
  const {mac, dataKeyVersionId} = config.authentication;
  return [id, sequence, controller, controllers, kmsModule, meterId, ipAllowList, mac, dataKeyVersionId];
}

/** Whom the keystore at a position is listed for. */
export async function insertControllers(
  tx: Transaction,
  position: number,
  config: KeystoreConfig,
  acknowledged: readonly string[],
): Promise<void> {
  const names = [...new Set(controllersOf(config))];
  const namedByOthers = names.map((name) => (acknowledged.includes(name) ? 0 : 1));
  await tx.execute(sql.INSERT_CONTROLLERS, [position, names, namedByOthers]);
}
