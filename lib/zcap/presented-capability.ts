import {hash} from 'node:crypto';
import {LRUCache} from 'lru-cache';
import {assertAttenuation} from './attenuation.ts';
import {parseCapabilityChain, type CapabilityChain} from './capability-chain.ts';
import {decodeCapability, parseCapabilityHeader} from './capability-header.ts';
import type {Envelope} from './envelope.ts';

type Document = Readonly<Record<string, unknown>>;

/** A capability that a request invokes, as far as its own bytes tell. */
export interface PresentedCapability {
  readonly id: string;
  readonly action: string;
  /** undefined: a root capability, invoked by its id. */
  readonly chain: CapabilityChain | undefined;
  /** The capability as it was signed; only where `chain` was not judged yet. */
  readonly document: Document | undefined;
  /** Whether the libraries have judged exactly this header from exactly this verification method, for good. */
  readonly isJudged: boolean;
  /** Remembers that they have. Call only once everything about the invocation has verified. */
  remember(): void;
}

type Judged = Pick<PresentedCapability, 'id' | 'action' | 'chain'>;

/** Bytes of the headers whose contents are kept: of those seen once, and of those that came again. */
const RECENT_BYTES = 2 * 1024 * 1024;
const FREQUENT_BYTES = 8 * 1024 * 1024;
/** What a parsed chain takes besides its header. */
const ENTRY_BYTES = 512;

/**
 * Reads capability headers, and keeps what was read and judged. Nothing is kept that time or state can make false: a
 * chain with a delegator whose DID document can change is read and judged again every time. What is used once does not
 * push out what is used again, so that strangers cannot make others' requests dear.
 */
export class PresentedCapabilities {
  readonly #recent = new LRUCache<string, Judged>({maxSize: RECENT_BYTES});
  readonly #frequent = new LRUCache<string, Judged>({maxSize: FREQUENT_BYTES});
  readonly #maxDelegationTtlMs: number;
  readonly #onCache: (hit: boolean) => void;

  constructor({
    maxDelegationTtlMs,
    onCache,
  }: {
    readonly maxDelegationTtlMs: number;
    readonly onCache: (hit: boolean) => void;
  }) {
    this.#maxDelegationTtlMs = maxDelegationTtlMs;
    this.#onCache = onCache;
  }

  /** Called only for a request whose HTTP signature has verified (R10). @throws NotAllowedError */
  read({capabilityInvocation, httpSignature, isUsual}: Envelope): PresentedCapability {
    const key = hash('sha256', `${httpSignature.keyId}\n${capabilityInvocation}`, 'base64');
    const entry = {key, size: capabilityInvocation.length + ENTRY_BYTES};
    const judged = isUsual ? this.#recall(entry) : undefined;
    this.#onCache(judged !== undefined);
    if (judged) return {...judged, document: undefined, isJudged: true, remember: () => undefined};
    const {action, id, encoded} = parseCapabilityHeader(capabilityInvocation);
    const document = encoded === undefined ? undefined : decodeCapability(encoded);
    const chain = document === undefined ? undefined : this.#readChain(document);
    const presented = {id: chain ? chain.tail.id : (id ?? ''), action, chain};
    return {
      ...presented,
      document: document as Document | undefined,
      isJudged: false,
      remember: () => {
        if (isUsual && isImmutable(chain)) this.#recent.set(entry.key, presented, {size: entry.size});
      },
    };
  }

  #recall({key, size}: {readonly key: string; readonly size: number}): Judged | undefined {
    const frequent = this.#frequent.get(key);
    if (frequent) return frequent;
    const recent = this.#recent.get(key);
    if (!recent) return undefined;
    this.#recent.delete(key);
    this.#frequent.set(key, recent, {size});
    return recent;
  }

  #readChain(document: unknown): CapabilityChain {
    const chain = parseCapabilityChain(document);
    assertAttenuation(chain, {maxDelegationTtlMs: this.#maxDelegationTtlMs});
    return chain;
  }
}

function isImmutable(chain: CapabilityChain | undefined): boolean {
  return chain === undefined || chain.links.every(({proof}) => proof.delegator.startsWith('did:key:'));
}
