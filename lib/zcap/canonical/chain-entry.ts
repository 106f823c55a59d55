import {LRUCache} from 'lru-cache';
import {hashText} from './blank-nodes.ts';
import {CAPABILITY_CHAIN, FIRST, NIL, REST} from './n-quads.ts';

/** What ends the line of a quad in the default graph, and in one whose node is another than the one that is hashed. */
export const IN_DEFAULT = ' .\n';
export const IN_OTHER = ' _:z .\n';

const MAX_ROOTS = 200;

/** What roots are named by is in every chain of a keystore. */
const roots = new LRUCache<string, ChainEntry>({max: MAX_ROOTS});

/** The root's entry, with the hashes that were made of it before. @param id as `ChainEntry` has it. */
export function rootEntry(id: string, term: string): ChainEntry {
  let entry = roots.get(id);
  if (!entry) roots.set(id, (entry = new ChainEntry(id, term, {isFirst: true})));
  return entry;
}

/**
 * An id of a capability chain, the root's or a parent's. The beginning of a chain stands in the chains of all that are delegated
 * on, at the same place: hashes of its list's node are made once for all of them.
 */
export class ChainEntry {
  /** As the document has it. */
  readonly id: string;
  readonly term: string;
  readonly #link: string;
  readonly #hashes: [string?, string?, string?, string?] = [];

  constructor(id: string, term: string, {isFirst}: {readonly isFirst: boolean}) {
    this.id = id;
    this.term = term;
    this.#link = isFirst ? CAPABILITY_CHAIN : REST;
  }

  /** Of first degree, where its list is in the default graph, or in that of an embedded proof. */
  hash({isLast, isEmbedded}: {readonly isLast: boolean; readonly isEmbedded: boolean}): string {
    return (this.#hashes[(isLast ? 2 : 0) + (isEmbedded ? 1 : 0)] ??= this.#hash(
      isLast ? NIL : '_:z',
      isEmbedded ? IN_OTHER : IN_DEFAULT,
    ));
  }

  #hash(rest: string, end: string): string {
    return hashText(this.lines('_:a', rest, end) + `_:z${this.#link}_:a` + end);
  }

  /** Its list's node. @param self the node's label. @param rest the next one's */
  lines(self: string, rest: string, end: string): string {
    return self + FIRST + this.term + end + self + REST + rest + end;
  }
}
