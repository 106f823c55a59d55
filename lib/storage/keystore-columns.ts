import type {KeystoreConfig} from './keystore-config-store.ts';
import type {Authenticated} from './record-authentication.ts';
import {toAuthentication, type MacColumns} from './mac-columns.ts';

/** A config as the columns of `keystore`. A single controller and a list of them (as JSON) have a column each. */
export interface KeystoreColumns {
  readonly id: string;
  readonly sequence: number;
  readonly controller: string | null;
  readonly controllers: string | null;
  readonly kmsModule: string;
  readonly meterId: string | null;
  readonly ipAllowList: string | null;
}

export type AuthenticatedKeystoreColumns = KeystoreColumns & MacColumns;

export function toKeystoreColumns(config: KeystoreConfig): KeystoreColumns {
  const {id, sequence, controller, kmsModule, meterId = null, ipAllowList} = config;
  const single = typeof controller === 'string';
  return {
    id,
    sequence,
    controller: single ? controller : null,
    controllers: single ? null : JSON.stringify(controller),
    kmsModule,
    meterId,
    ipAllowList: ipAllowList === undefined ? null : JSON.stringify(ipAllowList),
  };
}

function parseStringList(json: string): readonly string[] {
  const value: unknown = JSON.parse(json);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new TypeError('A list of strings at rest is something else.');
}

export function toKeystoreConfig(row: AuthenticatedKeystoreColumns): Authenticated<KeystoreConfig> {
  return {
    id: row.id,
    sequence: row.sequence,
    controller: row.controller ?? parseStringList(row.controllers ?? 'null'),
    kmsModule: row.kmsModule,
    ...(row.meterId !== null && {meterId: row.meterId}),
    ...(row.ipAllowList !== null && {ipAllowList: parseStringList(row.ipAllowList)}),
    authentication: toAuthentication(row),
  };
}
