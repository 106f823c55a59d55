import {RootOfTrustError} from '../sealing/root-of-trust-error.ts';
import {promptSecret} from '../sealing/wrappers/terminal-prompt.ts';
import {InterruptedError} from './interruption.ts';

/**
 * Asks at the terminal, without echo, where Ctrl+C is a key and no signal.
 * @returns bytes, which the caller overwrites. @throws RootOfTrustError where nothing was given; InterruptedError
 */
export async function askPerson(question: string, interrupted: AbortSignal): Promise<Uint8Array> {
  try {
    return await promptSecret(question, undefined, interrupted);
  } catch (error) {
    if (error instanceof RootOfTrustError && error.reason === 'interrupted') throw new InterruptedError();
    throw error;
  }
}
