import {hash} from 'node:crypto';
import {LRUCache} from 'lru-cache';
import {decodeRow} from '../protocol/rows.ts';
import type {Shape} from '../../rpc/shape.ts';

const MAX_BYTES = 32 * 1024 * 1024;
/** What an entry takes besides its row. */
const ENTRY_BYTES = 512;

/**
 * Reads rows, and remembers what it has read of them: the same bytes give the same object, of which its verifier remembers
 * that it was verified.
 */
export class RowMemory<T extends object> {
  readonly #shape: Shape<T>;
  readonly #read: LRUCache<string, T>;

  constructor(shape: Shape<T>, maxBytes = MAX_BYTES) {
    this.#shape = shape;
    this.#read = new LRUCache({maxSize: maxBytes});
  }

  /** @throws ProtocolError */
  read(row: Uint8Array): T {
    const digest = hash('sha256', row, 'base64url');
    const known = this.#read.get(digest);
    if (known) return known;
    const stored = Object.freeze(decodeRow(this.#shape, row));
    this.#read.set(digest, stored, {size: row.length + ENTRY_BYTES});
    return stored;
  }
}
