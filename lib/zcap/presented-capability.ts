import {createHash} from 'node:crypto';
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

/**
 * Reads capability headers, and keeps what was read and judged. Nothing is kept that time or state can make false: a
 * chain with a delegator whose DID document can change is read and judged again every time.
 */
export class PresentedCapabilities {
  readonly #judged: LRUCache<string, Judged>;
  readonly #maxDelegationTtlMs: number;
  readonly #onCache: (hit: boolean) => void;

  /** @param options.maxBytes bound on the header bytes whose contents are kept. */
  constructor({
    maxDelegationTtlMs,
    maxBytes,
    onCache,
  }: {
    maxDelegationTtlMs: number;
    maxBytes: number;
    onCache: (hit: boolean) => void;
  }) {
    this.#maxDelegationTtlMs = maxDelegationTtlMs;
    this.#onCache = onCache;
    this.#judged = new LRUCache({maxSize: maxBytes, maxEntrySize: maxBytes});
  }

  /** Called only for a request whose HTTP signature has verified (R10). @throws NotAllowedError */
  read({capabilityInvocation, httpSignature}: Envelope): PresentedCapability {
    const key = createHash('sha256')
      .update(httpSignature.keyId)
      .update('\n')
      .update(capabilityInvocation)
      .digest('base64');
    const judged = this.#judged.get(key);
    this.#onCache(judged !== undefined);
    if (judged) return {...judged, document: undefined, isJudged: true, remember: () => undefined};
    const header = parseCapabilityHeader(capabilityInvocation);
    const document = header.encoded === undefined ? undefined : decodeCapability(header.encoded);
    const chain = document === undefined ? undefined : this.#readChain(document);
    const {action} = header;
    const presented = {id: chain ? chain.tail.id : (header.id ?? ''), action, chain};
    return {
      ...presented,
      document: document as Document | undefined,
      isJudged: false,
      remember: () => {
        if (isImmutable(chain)) this.#judged.set(key, presented, {size: capabilityInvocation.length + 512});
      },
    };
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
