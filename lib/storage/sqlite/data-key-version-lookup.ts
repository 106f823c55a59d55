import {KeyNotFoundError} from '../key-errors.ts';
import type {RecordAuthentication} from '../record-authentication.ts';
import type {SqliteConnection} from './connection.ts';

export interface WrittenMac {
  readonly mac: Uint8Array;
  /** Position of the data key version that it was made with. */
  readonly macKeyVersion: number;
}

/** Rows name data key versions by their positions, records by their ids. For use within a transaction that writes. */
export class DataKeyVersionLookup {
  readonly #find;

  constructor(connection: SqliteConnection) {
    this.#find = connection
      .prepare<[id: string], number>('SELECT position FROM data_key_version WHERE id = ?')
      .pluck();
  }

  /** @throws KeyNotFoundError where it is not there (any more). */
  position(id: string): number {
    const position = this.#find.get(id);
    if (position === undefined) throw new KeyNotFoundError(`There is no data key version ${id}.`);
    return position;
  }

  /** @throws KeyNotFoundError */
  toWrittenMac({mac, dataKeyVersionId}: RecordAuthentication): WrittenMac {
    return {mac, macKeyVersion: this.position(dataKeyVersionId)};
  }
}
