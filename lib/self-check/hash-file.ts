import {createHash} from 'node:crypto';
import {constants} from 'node:fs';
import {open} from 'node:fs/promises';
import type {Turns} from '../turns.ts';

/** Hashed in less than a slice of the event loop's time. */
const PIECE_BYTES = 512 * 1024;

/** @returns SHA-256 of a regular file's content, as unpadded base64url. @throws Error where it cannot be read, or is of another kind */
export async function hashFile(path: string, turns: Turns): Promise<string> {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const stats = await file.stat();
  if (!stats.isFile()) throw new Error(`${path} is no regular file.`);
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(PIECE_BYTES, stats.size + 1));
  for (;;) {
    const {bytesRead} = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return hash.digest('base64url');
    hash.update(buffer.subarray(0, bytesRead));
    await turns.next();
  }
}
