import {hash} from 'node:crypto';
import {LRUCache} from 'lru-cache';
import type {WrittenDelegation} from './canonical/delegation-data.ts';

type Document = Readonly<Record<string, unknown>>;

/** What is kept of a chain takes about so many bytes for each character of its JSON. */
const BYTES_PER_CHARACTER = 4;
const ENTRY_BYTES = 1024;
const MAX_BYTES = 8 * 1024 * 1024;

interface Entry {
  readonly written: WrittenDelegation;
  readonly bytes: number;
}

/** A chain by its very text. */
export interface ChainName {
  /** SHA-256 of the JSON. */
  readonly digest: string;
  readonly characters: number;
}

/** Chains of which all proofs have verified, by keys that cannot change: what never becomes false. Least recently used out first. */
export class VerifiedChains {
  readonly #chains = new LRUCache<string, Entry>({maxSize: MAX_BYTES, sizeCalculation: ({bytes}) => bytes});

  /** @param document a capability of strings alone, whose shape was checked: two that differ have two texts */
  static nameOf(document: Document): ChainName {
    const json = JSON.stringify(document);
    return {digest: hash('sha256', json, 'base64'), characters: json.length};
  }

  recall({digest}: ChainName): WrittenDelegation | undefined {
    return this.#chains.get(digest)?.written;
  }

  remember({digest, characters}: ChainName, written: WrittenDelegation): void {
    this.#chains.set(digest, {written, bytes: ENTRY_BYTES + characters * BYTES_PER_CHARACTER});
  }
}
