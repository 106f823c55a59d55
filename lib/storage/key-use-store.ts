import type {KeyRecordId} from './key-record-store.ts';

/** How often each version of a key has been used, or may have been: nodes reserve uses before they use a key. */
export interface KeyUseStore {
  /**
   * Adds `count` to the uses of a version, atomically and durably. @returns how many there are then.
   * @throws NotFoundError where there is no such key or version. @throws UnavailableError
   */
  add(use: KeyRecordId & {readonly version: number; readonly count: number}): Promise<number>;

  /** Uses by version; of versions that were never counted there is nothing. @throws UnavailableError */
  find(id: KeyRecordId): Promise<ReadonlyMap<number, number>>;
}
