import {isConfirmed} from '../confirm.ts';
import type {ClientInvocation} from './client-command.ts';
import {ClientError} from './client-error.ts';

/**
 * Goes on where `--yes` was given, or a person says so.
 * @param question what would be done, as a question. @throws ClientError, UsageError
 */
export async function confirm(
  {io, options}: Pick<ClientInvocation, 'io' | 'options'>,
  question: string,
): Promise<void> {
  if (await isConfirmed(question, {yes: options.flag('yes'), io})) return;
  throw new ClientError('failed', 'Nothing was done.');
}
