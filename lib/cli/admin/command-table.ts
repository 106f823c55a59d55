import type {AdminCommand} from './admin-command.ts';
import {attestCommand} from './attest-command.ts';
import {backupCommand, restoreCommand} from './backup-commands.ts';
import {anchorCommand, checkCommand} from './check-commands.ts';
import {hsmReconcileCommand} from './hsm-commands.ts';
import {ipcAddCommand, ipcListCommand, ipcRemoveCommand, ipcRevokeCommand} from './ipc-commands.ts';
import {migrateCommand} from './migrate-command.ts';
import {jobsCommand, pruneCommand, rewrapCommand, rotateCommand} from './job-commands.ts';
import {rootAddCommand, rootListCommand, rootRetireCommand} from './root-commands.ts';
import {initCommand, sealCommand, unsealCommand} from './seal-commands.ts';
import {selfCheckCommand} from './self-check-command.ts';
import {statusCommand} from './status-command.ts';

/** In the order of the help. */
export const ADMIN_COMMANDS: readonly AdminCommand[] = [
  statusCommand,
  sealCommand,
  unsealCommand,
  initCommand,
  rootListCommand,
  rootAddCommand,
  rootRetireCommand,
  rotateCommand,
  rewrapCommand,
  pruneCommand,
  jobsCommand,
  checkCommand,
  anchorCommand,
  hsmReconcileCommand,
  ipcAddCommand,
  ipcListCommand,
  ipcRevokeCommand,
  ipcRemoveCommand,
  backupCommand,
  restoreCommand,
  migrateCommand,
  selfCheckCommand,
  attestCommand,
];
