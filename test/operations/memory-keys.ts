import {KeySequenceError} from '../../lib/errors.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyRecordStore} from '../../lib/storage/key-record-store.ts';

/** Keys in memory: as much of a store as operations on one key need. */
export class MemoryKeys implements KeyRecordStore {
  readonly #records = new Map<string, KeyRecord>();
  /** Called before a record is replaced. */
  beforeUpdate: (record: KeyRecord) => void | Promise<void> = () => undefined;
  /** The keystore's sequence that the last update asked for. */
  keystoreSequence: number | undefined;

  async insert(record: KeyRecord): Promise<void> {
    this.put(record);
  }

  put(record: KeyRecord): void {
    this.#records.set(record.localKeyId, record);
  }

  async find({localKeyId}: Pick<KeyRecord, 'localKeyId'>): Promise<KeyRecord | undefined> {
    return this.#records.get(localKeyId);
  }

  async findByName({name}: {readonly name: string}): Promise<KeyRecord | undefined> {
    return [...this.#records.values()].find(({tags}) => tags?.['name'] === name);
  }

  async update(
    record: KeyRecord,
    {keystoreSequence}: {readonly keystoreSequence?: number} = {},
  ): Promise<void> {
    this.keystoreSequence = keystoreSequence;
    await this.beforeUpdate(record);
    const stored = this.#records.get(record.localKeyId);
    if (stored?.sequence !== record.sequence - 1) throw new KeySequenceError('The key is another.');
    this.put(record);
  }

  async list(): Promise<{readonly results: readonly KeyRecord[]}> {
    return {results: [...this.#records.values()]};
  }
}
