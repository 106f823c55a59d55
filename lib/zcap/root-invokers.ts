import {LRUCache} from 'lru-cache';
import type {Envelope} from './envelope.ts';

/** About 200 bytes each. */
const MAX_KNOWN = 10_000;

/**
 * Who was allowed to invoke which root capability once: only that it is worth to read for them what is read last. Whether they
 * may is decided by what is read then.
 */
export class RootInvokers {
  readonly #known = new LRUCache<string, true>({max: MAX_KNOWN});

  /** @param id the root capability's */
  isKnown(envelope: Envelope, id: string): boolean {
    return this.#known.get(nameOf(envelope, id)) === true;
  }

  /** Call only once everything about the invocation has verified. */
  remember(envelope: Envelope, id: string): void {
    this.#known.set(nameOf(envelope, id), true);
  }
}

function nameOf({httpSignature: {keyId}}: Envelope, id: string): string {
  return `${keyId} ${id}`;
}
