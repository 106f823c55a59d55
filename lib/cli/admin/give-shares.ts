import {AdminError} from '../../admin/admin-operation.ts';
import type {OfferedShare} from '../../sealing/offered-shares.ts';
import type {AdminIo} from './admin-io.ts';

/** Of a standard input that is no terminal: somebody has given another file. */
const MAX_REFUSED_LINES = 32;

/**
 * Asks for shares and offers each, until a root opens. What is refused is said, and the next asked for.
 * @param offer @throws AdminError where the share is refused
 * @returns whether a root opened
 */
export async function giveShares(
  io: AdminIo,
  offer: (text: string) => Promise<OfferedShare>,
  firstQuestion = 'Share: ',
): Promise<boolean> {
  let question = firstQuestion;
  for (let refused = 0; ;) {
    try {
      const text = await io.ask(question);
      io.interrupted.throwIfAborted();
      if (text === undefined) return false;
      if (text.trim() === '') continue;
      const {rootWrapperId, given, needed, opened} = await offer(text);
      if (opened) return true;
      io.err(`${given} of ${needed} shares of ${rootWrapperId} were given.`);
      question = `Share ${given + 1} of ${needed}: `;
    } catch (error) {
      if (!(error instanceof AdminError) || error.reason !== 'refused') throw error;
      io.err(`webkms: ${error.message}`);
      refused++;
    }
    if (!io.interactive && refused >= MAX_REFUSED_LINES) {
      throw new AdminError('refused', 'Standard input has lines that are no shares; the rest was not read.');
    }
  }
}
