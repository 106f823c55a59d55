import {KmsError} from '../errors.ts';
import {SealedError} from '../sealing/sealing-errors.ts';

/**
 * What of a failure with one record a finding says. A server that is being sealed fails with every record: then there is
 * nothing to find.
 * @throws SealedError
 */
export function failureMessage(error: unknown): string {
  if (error instanceof SealedError) throw error;
  return error instanceof Error ? reasonOf(error) : 'it cannot be read';
}

/** What clients are told says nothing: the reason is the cause. A syntax error's message would quote what it failed on. */
function reasonOf(error: Error): string {
  if (error instanceof KmsError && error.cause instanceof Error) return reasonOf(error.cause);
  return error instanceof SyntaxError ? 'it is not JSON' : error.message.replace(/\.$/, '');
}
