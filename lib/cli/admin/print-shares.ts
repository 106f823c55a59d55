import type {AdminInvocation} from './admin-command.ts';

/** Shows the shares of a new root: the only time that anybody sees them. */
export function printShares(
  {print, io}: Pick<AdminInvocation, 'print' | 'io'>,
  result: {readonly shares: readonly string[]},
): void {
  print(result, result.shares);
  io.err(
    'These shares are shown this once, and are kept nowhere else. Give each to another person. ' +
      'That they are good is shown by: webkms admin unseal',
  );
}
