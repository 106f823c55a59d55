import type {KeystoreConfig} from '../keystore-config-store.ts';
import {toKeystoreConfig} from '../keystore-columns.ts';
import type {Authenticated} from '../record-authentication.ts';
import {bytes, integer, type Row, text, textOrNull} from './row.ts';

/** @param row with KEYSTORE_COLUMNS */
export function readKeystore(row: Row): Authenticated<KeystoreConfig> {
  return toKeystoreConfig({
    id: text(row, 'keystoreId'),
    sequence: integer(row, 'keystoreSequence'),
    controller: textOrNull(row, 'controller'),
    controllers: textOrNull(row, 'controllers'),
    kmsModule: text(row, 'kmsModule'),
    meterId: textOrNull(row, 'meterId'),
    ipAllowList: textOrNull(row, 'ipAllowList'),
    mac: bytes(row, 'keystoreMac'),
    macKeyVersionId: text(row, 'keystoreMacKeyVersionId'),
  });
}
