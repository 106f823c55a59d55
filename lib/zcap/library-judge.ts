import {verify} from 'node:crypto';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {verifyCapabilityInvocation} from '@digitalbazaar/http-signature-zcap-verify';
import {CapabilityDelegation, constants} from '@digitalbazaar/zcap';
import jsigs from 'jsonld-signatures';
import {proofRefused, type DelegationProofs} from './delegation-proofs.ts';
import type {DidResolver, ResolveOptions} from './did/did-resolver.ts';
import {DirectSuite} from './direct-suite.ts';
import type {VerificationMethod} from './did/verification-method.ts';
import type {Envelope} from './envelope.ts';
import type {ExpectedRoot} from './invocation.ts';
import {CLOCK_SKEW_SECONDS, MAX_CHAIN_LENGTH} from './limits.ts';
import {rootCapabilityDocument, rootCapabilityId} from './root-capability.ts';
import {spellActionsAlike} from './same-action-spelling.ts';
import {verifierHeaders} from './verifier-headers.ts';

type Document = Readonly<Record<string, unknown>>;

/** All the contexts there are: none is ever fetched (R17). */
const CONTEXTS: ReadonlyMap<string, unknown> = new Map([
  [constants.ZCAP_CONTEXT_URL, constants.ZCAP_CONTEXT],
  [Ed25519Signature2020.CONTEXT_URL, Ed25519Signature2020.CONTEXT],
]);

export interface InvocationToJudge extends Required<ResolveOptions> {
  readonly envelope: Envelope;
  readonly method: VerificationMethod;
  readonly root: ExpectedRoot;
  /** The action that the capability header names. */
  readonly action: string;
  /** The action to judge the chain by; another than `action` only where any allowed one is enough (R36). */
  readonly judgedAction: string;
  /** The delegated capability of the header; undefined for a root invocation. */
  readonly document: Document | undefined;
}

export interface DelegationToJudge extends Required<ResolveOptions> {
  readonly document: Document;
  readonly root: ExpectedRoot;
}

/**
 * The published libraries' word on what a valid invocation and a valid delegation is. Proofs that can be verified directly
 * are; for others there is JSON-LD. The libraries take long to load.
 */
export class LibraryJudge {
  readonly #resolver: DidResolver;
  readonly #maxDelegationTtlMs: number;
  readonly #proofs: DelegationProofs;

  constructor({
    resolver,
    maxDelegationTtlMs,
    proofs,
  }: {
    readonly resolver: DidResolver;
    readonly maxDelegationTtlMs: number;
    readonly proofs: DelegationProofs;
  }) {
    this.#resolver = resolver;
    this.#maxDelegationTtlMs = maxDelegationTtlMs;
    this.#proofs = proofs;
  }

  /** @param now Unix seconds. @throws NotAllowedError */
  async assertInvocation(
    {envelope, method, root, action, judgedAction, document, requester}: InvocationToJudge,
    now: number,
  ): Promise<void> {
    const respelled = document && spellActionsAlike(document);
    const result = await verifyCapabilityInvocation({
      url: envelope.url,
      method: envelope.method,
      headers: verifierHeaders(envelope),
      getVerifier: async ({keyId}) => ({
        verifier: {verify: async ({data, signature}) => verify(null, data, method.keyObject, signature)},
        verificationMethod: await this.#resolver.document(keyId, {requester}),
      }),
      documentLoader: this.#documentLoader([root], {requester}),
      expectedHost: envelope.headers.get('host') ?? '',
      expectedAction: action,
      expectedRootCapability: [rootCapabilityId(root.invocationTarget)],
      expectedTarget: envelope.url,
      suite: new DirectSuite(this.#proofs, respelled?.originals ?? new Map(), {requester}),
      allowTargetAttenuation: true,
      beforeValidatePurpose: async ({purpose, proof}) => {
        if (respelled) proof.capability = respelled.document;
        purpose.expectedAction = judgedAction;
        proof.capabilityAction = judgedAction;
      },
      maxChainLength: MAX_CHAIN_LENGTH,
      maxClockSkew: CLOCK_SKEW_SECONDS,
      maxDelegationTtl: this.#maxDelegationTtlMs,
      now,
    }).catch((error: unknown) => ({verified: false, error}));
    if (!result.verified) throw proofRefused(result.error);
  }

  /** Verifies the delegation of a capability that is not invoked, and of its parents. @param now Unix seconds. @throws NotAllowedError */
  async assertDelegation({document, root, requester}: DelegationToJudge, now: number): Promise<void> {
    const respelled = spellActionsAlike(document);
    const suite = new DirectSuite(this.#proofs, respelled.originals, {requester});
    const purpose = new CapabilityDelegation({
      allowTargetAttenuation: true,
      date: new Date(now * 1000),
      expectedRootCapability: [rootCapabilityId(root.invocationTarget)],
      maxChainLength: MAX_CHAIN_LENGTH,
      maxClockSkew: CLOCK_SKEW_SECONDS,
      suite,
    });
    const result = await jsigs
      .verify(respelled.document, {suite, purpose, documentLoader: this.#documentLoader([root], {requester})})
      .catch((error: unknown) => ({verified: false, error}));
    if (!result.verified) throw proofRefused(result.error);
  }

  #documentLoader(
    roots: readonly ExpectedRoot[],
    options: ResolveOptions,
  ): (url: string) => Promise<unknown> {
    return async (url) => ({
      contextUrl: null,
      documentUrl: url,
      document: await this.#load(url, roots, options),
      tag: 'static',
    });
  }

  async #load(url: string, roots: readonly ExpectedRoot[], options: ResolveOptions): Promise<unknown> {
    const context = CONTEXTS.get(url);
    if (context) return context;
    const root = roots.find(({invocationTarget}) => rootCapabilityId(invocationTarget) === url);
    if (root) return rootCapabilityDocument(root);
    if (url.startsWith('did:')) return this.#resolver.document(url, options);
    throw new Error('No such document is known.');
  }
}
