import {NotFoundError} from '../../lib/errors.ts';
import type {KeyRecordId} from '../../lib/storage/key-record-store.ts';
import type {KeyUseStore} from '../../lib/storage/key-use-store.ts';

/** What is stored of uses, in memory: for several nodes, or one after another. */
export class MemoryKeyUseStore implements KeyUseStore {
  /** Each call of `add`: how many. */
  readonly added: number[] = [];
  /** Throws in place of counting, where that is set. */
  failure: Error | undefined;
  /** Counts, and throws all the same: as a store does whose answer is lost. */
  failureAfterwards: Error | undefined;
  readonly #counts = new Map<string, Map<number, number>>();
  readonly #gone = new Set<string>();

  async add({version, count, ...id}: KeyRecordId & {version: number; count: number}): Promise<number> {
    // As a real store does, later.
    await new Promise(setImmediate);
    if (this.failure) throw this.failure;
    if (this.#gone.has(nameOf(id))) throw new NotFoundError('There is no such key.');
    this.added.push(count);
    const stored = this.countOf(id, version) + count;
    this.set(id, version, stored);
    if (this.failureAfterwards) throw this.failureAfterwards;
    return stored;
  }

  async find(id: KeyRecordId): Promise<ReadonlyMap<number, number>> {
    if (this.failure) throw this.failure;
    return new Map(this.#counts.get(nameOf(id)));
  }

  set(id: KeyRecordId, version: number, count: number): void {
    const counts = this.#counts.get(nameOf(id)) ?? new Map<number, number>();
    counts.set(version, count);
    this.#counts.set(nameOf(id), counts);
  }

  countOf(id: KeyRecordId, version = 1): number {
    return this.#counts.get(nameOf(id))?.get(version) ?? 0;
  }

  /** The key is gone. */
  remove(id: KeyRecordId): void {
    this.#gone.add(nameOf(id));
  }
}

function nameOf({keystoreId, localKeyId}: KeyRecordId): string {
  return `${keystoreId} ${localKeyId}`;
}
