import {encodeRow} from '../protocol/rows.ts';
import type {Shape} from '../../rpc/shape.ts';

/** Of each record what the database has of it, encoded once for as long as a store gives the same object for it. */
export class RowCache<Stored extends object, Record extends object> {
  readonly #shape: Shape<Stored>;
  readonly #rows = new WeakMap<Stored, Uint8Array>();
  readonly #records = new WeakMap<Record, Uint8Array>();

  constructor(shape: Shape<Stored>) {
    this.#shape = shape;
  }

  rowOf(stored: Stored): Uint8Array {
    let row = this.#rows.get(stored);
    if (!row) this.#rows.set(stored, (row = encodeRow(this.#shape, stored)));
    return row;
  }

  /** Says what a record was read from. */
  note(record: Record, row: Uint8Array): void {
    this.#records.set(record, row);
  }

  /** @throws TypeError where it was read from nothing that was noted */
  rowBehind(record: Record): Uint8Array {
    const row = this.#records.get(record);
    if (!row) throw new TypeError('The record was not read by way of this cache.');
    return row;
  }
}
