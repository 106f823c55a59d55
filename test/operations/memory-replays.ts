import type {ReplayStore} from '../../lib/storage/replay-store.ts';

/** The memory of one process, which can be made to fail. */
export class MemoryReplays implements Pick<ReplayStore, 'remember'> {
  /** Until when, by digest in hex. */
  readonly remembered = new Map<string, number>();
  failure: Error | undefined;

  async remember(digest: Uint8Array, {expiresAt}: {readonly expiresAt: number}): Promise<boolean> {
    if (this.failure) throw this.failure;
    const text = Buffer.from(digest).toString('hex');
    if (this.remembered.has(text)) return false;
    this.remembered.set(text, expiresAt);
    return true;
  }

  async deleteExpired(): Promise<number> {
    return 0;
  }
}
