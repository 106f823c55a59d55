import {AdminError} from '../../admin/admin-operation.ts';
import type {AdminInvocation} from './admin-command.ts';

/**
 * Shows the shares of a new root: the only time that anybody sees them.
 * @param ifLost what to do where they could not be written. @throws AdminError
 */
export async function printShares(
  {print, io}: Pick<AdminInvocation, 'print' | 'io'>,
  result: {readonly shares: readonly string[]},
  ifLost: string,
): Promise<void> {
  print(result, result.shares);
  try {
    await io.flush();
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    throw new AdminError(error.reason, `${error.message} Shares are lost. ${ifLost}`, {cause: error});
  }
  io.err(
    'These shares are shown this once, and are kept nowhere else. Give each to another person. ' +
      'That they are good is shown by: webkms admin unseal',
  );
}
