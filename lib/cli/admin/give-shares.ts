import {AdminError} from '../../admin/admin-operation.ts';
import type {OfferedShare} from '../../sealing/offered-shares.ts';
import type {AdminIo} from './admin-io.ts';

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
  for (;;) {
    const text = await io.ask(question);
    io.interrupted.throwIfAborted();
    if (text === undefined) return false;
    if (text.trim() === '') continue;
    try {
      const {rootWrapperId, given, needed, opened} = await offer(text.trim());
      if (opened) return true;
      io.err(`${given} of ${needed} shares of ${rootWrapperId} were given.`);
      question = `Share ${given + 1} of ${needed}: `;
    } catch (error) {
      if (!(error instanceof AdminError) || error.code !== 'refused') throw error;
      io.err(`webkms: ${error.message}`);
    }
  }
}
