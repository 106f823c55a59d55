import {macColumns} from './mac-columns.ts';

/** For a keystore selected as `k`. */
export const KEYSTORE_COLUMNS = `${macColumns('k')}, k.id, k.sequence, k.controller, k.controllers,
  k.kms_module AS kmsModule, k.meter_id AS meterId, k.ip_allow_list AS ipAllowList`;
