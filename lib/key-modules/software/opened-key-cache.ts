import {LRUCache} from 'lru-cache';
import type {KeyVersionId} from '../key-module.ts';

/** The record's bytes that a value was made from. */
type Evidence = readonly (Uint8Array | undefined)[];

/** How to come by a value that is not kept. */
interface Recipe<V> {
  readonly evidence: Evidence;
  /** How many places of the cache it takes. */
  readonly weight: number;
  /** What it throws is thrown, and nothing is kept. */
  readonly make: () => V | Promise<V>;
}

interface Entry<V> {
  readonly evidence: Evidence;
  readonly weight: number;
  readonly value: V;
  /** The round in which it was used last. */
  usedIn: number;
}

function isSame(a: Evidence, b: Evidence): boolean {
  return a.every((bytes, i) => {
    const other = b[i];
    return bytes && other ? Buffer.compare(bytes, other) === 0 : bytes === other;
  });
}

/**
 * Keeps what was made of a key version, at most `size` weights of it, least recently used out first. A value is found
 * only by the very bytes it was made from: a record that has changed since is made anew, and refused if it is not good.
 * What is kept no longer is not touched: who uses it goes on, and it is gone when the last one has done so.
 */
export class OpenedKeyCache<V extends object> {
  readonly #entries: LRUCache<string, Entry<V>>;
  readonly #onLookup: ((hit: boolean) => void) | undefined;
  #generation = 0;
  #round = 0;

  constructor({
    size,
    onLookup,
  }: {
    readonly size: number;
    readonly onLookup?: ((hit: boolean) => void) | undefined;
  }) {
    this.#entries = new LRUCache({maxSize: size, sizeCalculation: ({weight}) => weight});
    this.#onLookup = onLookup;
  }

  /** At once where the value is kept. */
  get(id: KeyVersionId, recipe: Recipe<V>): V | Promise<V> {
    const name = nameOf(id);
    const entry = this.#entries.get(name);
    const hit = entry !== undefined && isSame(entry.evidence, recipe.evidence);
    this.#onLookup?.(hit);
    if (!hit) return this.#make(name, recipe);
    entry.usedIn = this.#round;
    return entry.value;
  }

  async #make(name: string, {evidence, weight, make}: Recipe<V>): Promise<V> {
    const generation = this.#generation;
    const value = await make();
    if (generation !== this.#generation) return value;
    const copies = evidence.map((bytes) => bytes && Uint8Array.from(bytes));
    this.#entries.set(name, {evidence: copies, weight, value, usedIn: this.#round});
    return value;
  }

  /** What is being made now is not kept, either. */
  forget(id: KeyVersionId): void {
    this.#generation++;
    this.#entries.delete(nameOf(id));
  }

  /** Forgets what was not used since the call before the last one. */
  forgetUnused(): void {
    for (const [name, {usedIn}] of this.#entries.entries()) {
      if (usedIn < this.#round) this.#entries.delete(name);
    }
    this.#round++;
  }

  /** Forgets everything; what is being made now is not kept. */
  clear(): void {
    this.#generation++;
    this.#entries.clear();
  }
}

function nameOf({keystoreId, localKeyId, type, version}: KeyVersionId): string {
  return `${keystoreId} ${localKeyId} ${type} ${version}`;
}
