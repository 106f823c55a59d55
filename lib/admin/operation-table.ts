import type {AnyAdminOperation} from './execute-operation.ts';
import {anchor} from './operations/anchor.ts';
import {attest} from './operations/attest.ts';
import {backup} from './operations/backup.ts';
import {check} from './operations/check.ts';
import {hsmReconcile} from './operations/hsm-reconcile.ts';
import {init} from './operations/init.ts';
import {ipcAdd} from './operations/ipc-add.ts';
import {ipcList} from './operations/ipc-list.ts';
import {ipcRemove} from './operations/ipc-remove.ts';
import {ipcRevoke} from './operations/ipc-revoke.ts';
import {jobs} from './operations/jobs.ts';
import {prune} from './operations/prune.ts';
import {rewrap} from './operations/rewrap.ts';
import {rootAdd} from './operations/root-add.ts';
import {rootList} from './operations/root-list.ts';
import {rootRetire} from './operations/root-retire.ts';
import {rotate} from './operations/rotate.ts';
import {seal} from './operations/seal.ts';
import {status} from './operations/status.ts';
import {unseal} from './operations/unseal.ts';

/** Every operation there is. */
const OPERATIONS: readonly AnyAdminOperation[] = [
  status,
  seal,
  unseal,
  init,
  rootList,
  rootAdd,
  rootRetire,
  rotate,
  rewrap,
  prune,
  jobs,
  check,
  anchor,
  hsmReconcile,
  attest,
  ipcAdd,
  ipcList,
  ipcRevoke,
  ipcRemove,
  backup,
];

/** By name. */
export const ADMIN_OPERATIONS: ReadonlyMap<string, AnyAdminOperation> = new Map(
  OPERATIONS.map((operation) => [operation.name, operation]),
);
