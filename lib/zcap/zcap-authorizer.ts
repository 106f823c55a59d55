import {verify} from 'node:crypto';
import {MalformedRequestError, NotAllowedError} from '../errors.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {ReplayStore} from '../storage/replay-store.ts';
import type {RevocationStore} from '../storage/revocation-store.ts';
import {assertAttenuation, delegatorRefused, isDelegatedBy, isWithinTarget} from './attenuation.ts';
import {parseCapabilityChain, type CapabilityChain} from './capability-chain.ts';
import type {DidResolver} from './did/did-resolver.ts';
import type {VerificationMethod} from './did/verification-method.ts';
import type {Envelope} from './envelope.ts';
import {assertInvocationRules} from './invocation-rules.ts';
import type {
  AuthorizeOptions,
  Authorizer,
  ExpectedRoot,
  Invocation,
  RevocableCapability,
} from './invocation.ts';
import type {LibraryJudge} from './library-judge.ts';
import {CLOCK_SKEW_SECONDS, CREATION_REPEAT_SECONDS} from './limits.ts';
import {PresentedCapabilities, type PresentedCapability} from './presented-capability.ts';
import {isRootCapabilityId, rootCapabilityId} from './root-capability.ts';
import {assertSourceAddress} from './source-address.ts';
import {verifiedInvocation} from './verified-invocation.ts';

export interface ZcapAuthorizerOptions {
  readonly resolver: DidResolver;
  readonly revocations: RevocationStore;
  readonly replays: ReplayStore;
  /** Throws `RateLimitError` for an invoker (a DID) that asks too much; told only of those whose signature has verified. */
  readonly limitInvoker: (did: string) => Promise<void>;
  /** The longest life of a delegated capability (R35). */
  readonly maxDelegationTtlMs: number;
  /** Told of each look-up whether the capability was known. */
  readonly onCache?: (hit: boolean) => void;
  /** Unix seconds. */
  readonly now?: () => number;
}

type Document = Readonly<Record<string, unknown>>;

/** Bytes of capability headers whose parsed chains are kept. */
const KEPT_HEADER_BYTES = 8 * 1024 * 1024;

/** Authorises by HTTP Signatures and capability invocations. The order of the lines of its methods is the security argument (R12). */
export class ZcapAuthorizer implements Authorizer {
  readonly #options: ZcapAuthorizerOptions;
  readonly #capabilities: PresentedCapabilities;
  readonly #now: () => number;
  #judge: Promise<LibraryJudge> | undefined;

  constructor(options: ZcapAuthorizerOptions) {
    const {
      maxDelegationTtlMs,
      onCache = () => undefined,
      now = () => Math.floor(Date.now() / 1000),
    } = options;
    this.#options = options;
    this.#capabilities = new PresentedCapabilities({
      maxDelegationTtlMs,
      maxBytes: KEPT_HEADER_BYTES,
      onCache,
    });
    this.#now = now;
  }

  /** Loads what would otherwise be loaded with the first invocation. */
  async warmUp(): Promise<void> {
    await this.#loadJudge();
  }

  async authorizeInvocation(envelope: Envelope, options: AuthorizeOptions): Promise<Invocation> {
    const {keystore} = options;
    const now = this.#now();
    const method = await this.#verifySignature(envelope);
    const presented = this.#capabilities.read(envelope);
    const {root, judgedAction} = assertInvocationRules({envelope, method, presented, now}, options);
    assertSourceAddress(envelope.remoteAddress, keystore?.ipAllowList);
    await this.#assertNotRevoked(keystore?.id ?? root.invocationTarget, presented.chain);
    await this.#assertJudged({envelope, method, presented, root, judgedAction}, now);
    return verifiedInvocation({envelope, method, presented, root});
  }

  async authorizeRevocation(
    envelope: Envelope,
    {
      keystore,
      keystoreId,
      capability,
      revocationId,
    }: {
      readonly keystore: KeystoreConfig | undefined;
      readonly keystoreId: string;
      readonly capability: Document;
      readonly revocationId: string;
    },
  ): Promise<{readonly invocation: Invocation; readonly revocable: RevocableCapability}> {
    const now = this.#now();
    const method = await this.#verifySignature(envelope);
    const presented = this.#capabilities.read(envelope);
    const keystoreRoot: ExpectedRoot = {
      invocationTarget: keystoreId,
      controllers: controllersOf(keystore),
      delegable: true,
    };
    const chain = this.#readRevocable(capability, {revocationId, root: keystoreRoot, now});
    // R40: any controller in the chain, by the root capability of this very URL; or whoever may `write` it in the keystore.
    const ownRoot: ExpectedRoot = {
      invocationTarget: envelope.url,
      controllers: [...keystoreRoot.controllers, ...chain.links.flatMap(({controllers}) => controllers)],
      delegable: false,
    };
    const {root, judgedAction} = assertInvocationRules(
      {envelope, method, presented, now},
      {action: 'write', roots: [ownRoot, keystoreRoot]},
    );
    assertSourceAddress(envelope.remoteAddress, keystore?.ipAllowList);
    await this.#assertNotRevoked(keystoreId, presented.chain);
    await this.#assertNotRevoked(keystoreId, chain);
    await this.#assertJudged({envelope, method, presented, root, judgedAction}, now);
    const judge = await this.#loadJudge();
    await judge.assertDelegation({document: capability, root: keystoreRoot}, now);
    const {id, expires, proof} = chain.tail;
    return {
      invocation: verifiedInvocation({envelope, method, presented, root: keystoreRoot}),
      revocable: {id, delegator: proof.delegator, expiresAt: expires},
    };
  }

  async acceptOnce(
    {replayDigest, created, expires}: Invocation,
    {creation}: {readonly creation: boolean},
  ): Promise<void> {
    const expiresAt = (expires + CLOCK_SKEW_SECONDS + 1) * 1000;
    const isNew = await this.#options.replays.remember(replayDigest, {expiresAt});
    const mayRepeat = creation && this.#now() <= created + CREATION_REPEAT_SECONDS;
    if (!isNew && !mayRepeat)
      throw new NotAllowedError('replayed', 'This signed request was accepted before.');
  }

  /** R9, R10. Nothing of the capability is read for a request that does not pass. */
  async #verifySignature(envelope: Envelope): Promise<VerificationMethod> {
    const {keyId, signature} = envelope.httpSignature;
    const method = await this.#options.resolver.verificationMethod(keyId, 'capabilityInvocation');
    if (!verify(null, Buffer.from(envelope.signingString), method.keyObject, signature)) {
      throw new NotAllowedError('signature', 'Signature not verified.');
    }
    await this.#options.limitInvoker(method.controller);
    return method;
  }

  /** The chain of a capability that somebody wants revoked: it must be one that could be invoked (R39, R40, R43). */
  #readRevocable(
    capability: Document,
    {revocationId, root, now}: {revocationId: string; root: ExpectedRoot; now: number},
  ): CapabilityChain {
    if (capability['id'] !== revocationId) {
      throw new MalformedRequestError('The id of the capability is not the one in the URL.');
    }
    if (isRootCapabilityId(revocationId))
      throw new MalformedRequestError('A root capability cannot be revoked.');
    const chain = parseCapabilityChain(capability);
    assertAttenuation(chain, this.#options);
    const [first = chain.tail] = chain.links;
    if (chain.rootId !== rootCapabilityId(root.invocationTarget)) {
      throw new NotAllowedError('root', 'Actual root capability does not match expected root capability.');
    }
    if (!isWithinTarget(first.invocationTarget, root.invocationTarget)) {
      throw new NotAllowedError('target', 'The capability could never be invoked here.');
    }
    if (!isDelegatedBy(first, root.controllers)) throw delegatorRefused();
    if (chain.links.some(({expires}) => now * 1000 - expires >= CLOCK_SKEW_SECONDS * 1000)) {
      throw new MalformedRequestError('The capability has expired.');
    }
    return chain;
  }

  async #assertNotRevoked(keystoreId: string, chain: CapabilityChain | undefined): Promise<void> {
    if (!chain) return;
    const keys = chain.links.map(({id, proof}) => ({delegator: proof.delegator, capabilityId: id}));
    if (await this.#options.revocations.isAnyRevoked(keystoreId, keys)) {
      throw new NotAllowedError('revoked', 'A capability in the delegation chain has been revoked.');
    }
  }

  async #assertJudged(
    {
      presented,
      ...invocation
    }: {
      envelope: Envelope;
      method: VerificationMethod;
      presented: PresentedCapability;
      root: ExpectedRoot;
      judgedAction: string;
    },
    now: number,
  ): Promise<void> {
    if (presented.isJudged) return;
    const judge = await this.#loadJudge();
    await judge.assertInvocation(
      {...invocation, action: presented.action, document: presented.document},
      now,
    );
    presented.remember();
  }

  async #loadJudge(): Promise<LibraryJudge> {
    this.#judge ??= import('./library-judge.ts').then(({LibraryJudge}) => new LibraryJudge(this.#options));
    return this.#judge;
  }
}

function controllersOf(keystore: KeystoreConfig | undefined): readonly string[] {
  if (!keystore) return [];
  return typeof keystore.controller === 'string' ? [keystore.controller] : keystore.controller;
}
