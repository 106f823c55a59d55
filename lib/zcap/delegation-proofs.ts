import {verify} from 'node:crypto';
import {LRUCache} from 'lru-cache';
import {decodeBase58} from '../encoding/base58.ts';
import {NotAllowedError} from '../errors.ts';
import {
  eachDelegationData,
  parentOf,
  readDelegationData,
  type DelegationData,
} from './canonical/delegation-data.ts';
import type {DidResolver, ResolveOptions} from './did/did-resolver.ts';
import type {VerificationMethod} from './did/verification-method.ts';
import {isRecord} from './shape.ts';
import {VerifiedChains, type ChainName} from './verified-chains.ts';

type Document = Readonly<Record<string, unknown>>;

export interface VerifyChainOptions extends ResolveOptions {
  /** Awaited between links: others may have the processor. */
  readonly yieldTurn?: (() => Promise<void>) | undefined;
}

const MAX_REMEMBERED = 10_000;
const MAX_SIGNATURE_CHARACTERS = 88;

/**
 * Verifies the signatures of delegations without JSON-LD: over the bytes that `readDelegationData` writes. What else a
 * delegation must be (R25–R35) is not asked here; the documents' shape must have been checked.
 */
export class DelegationProofs {
  readonly #resolver: DidResolver;
  /** By signature, key and what it is over, where it verified: what never becomes false, whoever's the key is. */
  readonly #verified = new LRUCache<string, string>({max: MAX_REMEMBERED});
  /** Parents of chains that came more than once. */
  readonly #parents = new VerifiedChains();

  constructor({resolver}: {readonly resolver: DidResolver}) {
    this.#resolver = resolver;
  }

  /**
   * Verifies all proofs of a chain: the one by the root's controller first, so that nobody makes others' proofs long work
   * who was delegated nothing.
   * @returns false where anything is not exactly known here: others must verify it
   * @throws NotAllowedError where a proof does not verify
   */
  async verifyChain(document: Document, {requester, yieldTurn}: VerifyChainOptions = {}): Promise<boolean> {
    const options = requester === undefined ? {} : {requester};
    const parent = parentOf(document);
    const name = parent && this.#nameOfKnown(parent);
    const written = name && this.#parents.recall(name);
    let isFirst = true;
    let isImmutable = true;
    for (const link of eachDelegationData(document, written)) {
      if (!isFirst) await yieldTurn?.();
      isFirst = false;
      if (!link || !(await this.#verify(link, options))) return false;
      isImmutable &&= link.verificationMethod.startsWith('did:key:');
      if (name && isImmutable && link.document === parent) this.#parents.remember(name, link.written);
    }
    return true;
  }

  /**
   * Verifies the last proof only.
   * @returns the method that it verified with; undefined as `verifyChain` returns false
   * @throws NotAllowedError
   */
  async verifyLast(document: Document, options?: ResolveOptions): Promise<VerificationMethod | undefined> {
    const link = readDelegationData(document)?.at(-1);
    return link && this.#verify(link, options);
  }

  /** Of a parent that came before, as far as its signature tells: a chain that is new altogether is not worth a hash. */
  #nameOfKnown(parent: Document): ChainName | undefined {
    const {proof} = parent;
    const proofValue = isRecord(proof) ? proof['proofValue'] : undefined;
    const isKnown = typeof proofValue === 'string' && this.#verified.has(proofValue);
    return isKnown ? VerifiedChains.nameOf(parent) : undefined;
  }

  async #verify(link: DelegationData, options?: ResolveOptions): Promise<VerificationMethod | undefined> {
    const data = link.verifyData();
    if (!data) return undefined;
    const method = await this.#resolve(link, options);
    // Whether a DID may sign with another one's key is the libraries' to say.
    if (!link.verificationMethod.startsWith(`${method.controller}#`)) return undefined;
    this.#assertSigned(data, link, method);
    return method;
  }

  /** R29: of those alone that the delegator's document lists for delegating. */
  async #resolve(
    {verificationMethod}: DelegationData,
    options?: ResolveOptions,
  ): Promise<VerificationMethod> {
    try {
      return await this.#resolver.verificationMethod(verificationMethod, 'capabilityDelegation', options);
    } catch (cause) {
      throw proofRefused(cause);
    }
  }

  #assertSigned(data: Buffer, {proofValue}: DelegationData, method: VerificationMethod): void {
    const verified = method.publicKeyMultibase + data.toString('latin1');
    if (this.#verified.get(proofValue) === verified) return;
    const signature = proofValue.startsWith('z')
      ? decodeBase58(proofValue.slice(1), MAX_SIGNATURE_CHARACTERS)
      : undefined;
    if (!signature || !verify(null, data, method.keyObject, signature)) {
      throw proofRefused(new Error('Invalid signature.'));
    }
    this.#verified.set(proofValue, verified);
  }
}

export function proofRefused(cause: unknown): NotAllowedError {
  return new NotAllowedError(
    'capability-proof',
    'The capability invocation or a delegation in its chain could not be verified.',
    {cause},
  );
}
