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
  /** Bytes of what was read, inflated: a short header may hold a long capability. */
  readonly weight: number;
}

/** One that was not judged yet, by exactly this header from exactly this verification method. */
export interface UnjudgedCapability extends PresentedCapability {
  /** The capability as it was signed; undefined: a root capability. */
  readonly document: Document | undefined;
}

/** How official clients begin the headers of delegated capabilities, which are parsed once only. */
const DELEGATED = 'zcap capability=';

/** Bytes of what is kept: of what was seen once, and of what came again. */
const RECENT_BYTES = 2 * 1024 * 1024;
const FREQUENT_BYTES = 16 * 1024 * 1024;
/** What an entry takes besides: as much as it was read from and this is what the heap grows by, within a tenth. */
const ENTRY_BYTES = 512;

/**
 * Reads capability headers, and keeps what was read and judged. Nothing is kept that time or state can make false: a
 * chain with a delegator whose DID document can change is read and judged again every time. What is used once does not
 * push out what is used again, so that strangers cannot make others' requests dear. All methods are called only for
 * requests whose HTTP signature has verified (R10).
 */
export class PresentedCapabilities {
  readonly #recent = new LRUCache<string, PresentedCapability>({maxSize: RECENT_BYTES, sizeCalculation});
  readonly #frequent = new LRUCache<string, PresentedCapability>({maxSize: FREQUENT_BYTES, sizeCalculation});
  readonly #maxDelegationTtlMs: number;

  constructor({maxDelegationTtlMs}: {readonly maxDelegationTtlMs: number}) {
    this.#maxDelegationTtlMs = maxDelegationTtlMs;
  }

  /**
   * The root capability that a usual request invokes: an id is all that was presented, so there is nothing to judge or remember.
   * @returns undefined where it is another capability, or another request. @throws NotAllowedError
   */
  readRoot({isUsual, capabilityInvocation}: Envelope): PresentedCapability | undefined {
    if (!isUsual || capabilityInvocation.startsWith(DELEGATED)) return undefined;
    const {action, id} = parseCapabilityHeader(capabilityInvocation);
    return id === undefined ? undefined : {id, action, chain: undefined, weight: 0};
  }

  /** What the header of a request is known by; undefined: it is judged every time. */
  nameOf({isUsual, httpSignature, capabilityInvocation}: Envelope): string | undefined {
    return isUsual ? hash('sha256', `${httpSignature.keyId}\n${capabilityInvocation}`, 'base64') : undefined;
  }

  /** @returns undefined where it was not judged, or that was forgotten */
  recall(name: string | undefined): PresentedCapability | undefined {
    if (name === undefined) return undefined;
    const frequent = this.#frequent.get(name);
    if (frequent) return frequent;
    const recent = this.#recent.get(name);
    if (!recent) return undefined;
    this.#recent.delete(name);
    this.#frequent.set(name, recent);
    return recent;
  }

  /** @throws NotAllowedError */
  read({capabilityInvocation}: Envelope): UnjudgedCapability {
    const {action, id = '', encoded} = parseCapabilityHeader(capabilityInvocation);
    if (encoded === undefined) {
      return {id, action, chain: undefined, document: undefined, weight: capabilityInvocation.length};
    }
    const {document, bytes} = decodeCapability(encoded);
    const chain = parseCapabilityChain(document);
    assertAttenuation(chain, {maxDelegationTtlMs: this.#maxDelegationTtlMs});
    return {id: chain.tail.id, action, chain, document: document as Document, weight: bytes};
  }

  /** Remembers a delegated capability that was judged for good. Called only once everything about the invocation has verified. */
  remember(name: string | undefined, {id, action, chain, weight}: UnjudgedCapability): void {
    if (name !== undefined && chain && isImmutable(chain))
      this.#recent.set(name, {id, action, chain, weight});
  }
}

const sizeCalculation = ({weight}: PresentedCapability): number => weight + ENTRY_BYTES;

function isImmutable(chain: CapabilityChain): boolean {
  return chain.links.every(({proof}) => proof.delegator.startsWith('did:key:'));
}
