import {createHash, hash} from 'node:crypto';
import {Turns} from '../turns.ts';

const MUCH_BYTES = 256 * 1024;

/** SHA-256 of all `parts`, one after the other, base64url: in turns where they are much. */
export async function digestInTurns(parts: readonly Uint8Array[]): Promise<string> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length <= MUCH_BYTES) return hash('sha256', Buffer.concat(parts, length), 'base64url');
  const turns = new Turns();
  const digest = createHash('sha256');
  for (const part of parts) {
    for (let at = 0; at < part.length; at += MUCH_BYTES) {
      digest.update(part.subarray(at, at + MUCH_BYTES));
      await turns.next();
    }
  }
  return digest.digest('base64url');
}
