import {AdminError, adminReason} from '../../admin/admin-operation.ts';
import {BackupError, type BackupReason} from '../../backup/backup-error.ts';
import {AnchorError} from '../../integrity/anchor-lines.ts';
import {KMS_FAILURES, plainKinds, type FailureKind, type FailureKinds} from '../../rpc/failure.ts';
import {SealedError} from '../../sealing/sealing-errors.ts';
import {
  InvalidSchemaError,
  KeyInUseError,
  KeyNotFoundError,
  RootsChangedError,
} from '../../storage/key-errors.ts';
import {KeyProcessStartError} from './key-process-start-error.ts';

/** The one thing that the key process finds wrong with backups. */
const ROOTS_CHANGED: BackupReason = 'roots-changed';

/** What the processes of a server tell each other of what went wrong: requests, and operators' operations. */
export const PROCESS_FAILURES: FailureKinds = new Map<string, FailureKind>([
  ...KMS_FAILURES,
  ...plainKinds({AnchorError, InvalidSchemaError, KeyInUseError, KeyNotFoundError, RootsChangedError}),
  ['SealedError', {type: SealedError, revive: () => new SealedError()}],
  [
    'KeyProcessStartError',
    {
      type: KeyProcessStartError,
      revive: ({message, cause}, {reason}) =>
        new KeyProcessStartError(message, {cause, reason: reason === 'root-of-trust' ? reason : 'other'}),
      reasonOf: ({reason}: KeyProcessStartError) => reason,
    },
  ],
  [
    'AdminError',
    {
      type: AdminError,
      revive: ({message, cause}, {reason}) => new AdminError(adminReason(reason), message, {cause}),
      reasonOf: ({reason}: AdminError) => reason,
    },
  ],
  [
    'BackupError',
    {type: BackupError, revive: ({message, cause}) => new BackupError(ROOTS_CHANGED, message, {cause})},
  ],
]);
