import {verify} from 'node:crypto';
import {NotAllowedError} from '../errors.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {ReplayStore} from '../storage/replay-store.ts';
import type {RevocationStore} from '../storage/revocation-store.ts';
import type {CapabilityChain} from './capability-chain.ts';
import {unresolved, type DidResolver} from './did/did-resolver.ts';
import type {VerificationMethod} from './did/verification-method.ts';
import type {Envelope} from './envelope.ts';
import {assertInvocationRules, type Expectation} from './invocation-rules.ts';
import type {
  AuthorizationState,
  AuthorizedInvocation,
  AuthorizeOptions,
  Authorizer,
  ExpectedRoot,
  Invocation,
  RevocableCapability,
  RevocationOptions,
} from './invocation.ts';
import type {LibraryJudge} from './library-judge.ts';
import {CLOCK_SKEW_SECONDS, CREATION_REPEAT_SECONDS} from './limits.ts';
import {PresentedCapabilities, type PresentedCapability} from './presented-capability.ts';
import {assertRevocable, describeRevocable, readRevocableChain, revocationRoots} from './revocation-rules.ts';
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

/** A request whose HTTP signature has verified, and the capability that it invokes as far as its own bytes tell. */
interface SignedInvocation {
  readonly envelope: Envelope;
  readonly method: VerificationMethod;
  readonly presented: PresentedCapability;
}

interface Verdict {
  readonly root: ExpectedRoot;
  readonly judgedAction: string;
}

/**
 * Authorises by HTTP Signatures and capability invocations. The order of the lines of its methods is the security argument
 * (R12). What state decides is checked before the dear work, and once more after it where that took time: an answer to a
 * revocation or a transfer may have been sent meanwhile, and no request is allowed by what was true before it (R41, R48).
 */
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
    this.#capabilities = new PresentedCapabilities({maxDelegationTtlMs, onCache});
    this.#now = now;
  }

  /** Loads what would otherwise be loaded with the first invocation. */
  async warmUp(): Promise<void> {
    await this.#loadJudge();
  }

  async authorizeInvocation(
    envelope: Envelope,
    {readState, onInvoker, ...expectation}: AuthorizeOptions,
  ): Promise<AuthorizedInvocation> {
    let state = await readState();
    const method = await this.#verifySignature(envelope, state.roots);
    onInvoker?.(method.controller);
    const presented = this.#capabilities.read(envelope);
    const signed = {envelope, method, presented};
    const verdict = await this.#assertAllowed(signed, expectation, state);
    if (!presented.isJudged) {
      await this.#assertJudged(signed, verdict);
      presented.remember();
    }
    if (!presented.isJudged || !method.immutable) {
      state = await readState();
      await this.#assertAllowed(signed, expectation, state);
    }
    const confirm = async (): Promise<void> => {
      await this.#assertAllowed(signed, expectation, await readState());
    };
    return {invocation: verifiedInvocation(signed), keystore: state.keystore, confirm};
  }

  async authorizeRevocation(
    envelope: Envelope,
    {keystoreId, findKeystore, capability, revocationId, onInvoker}: RevocationOptions,
  ): Promise<{readonly invocation: Invocation; readonly revocable: RevocableCapability}> {
    let keystore = await findKeystore();
    let root = rootOf(keystoreId, keystore);
    const method = await this.#verifySignature(envelope, [root]);
    onInvoker?.(method.controller);
    const presented = this.#capabilities.read(envelope);
    const signed = {envelope, method, presented};
    const chain = readRevocableChain(capability, {
      revocationId,
      maxDelegationTtlMs: this.#options.maxDelegationTtlMs,
    });
    const assertAllowed = async (): Promise<Verdict> => {
      assertRevocable(chain, {root, now: this.#now()});
      const roots = revocationRoots(envelope.url, chain, root);
      const verdict = await this.#assertAllowed(signed, {action: 'write'}, {roots, keystore});
      await this.#assertNotRevoked(keystoreId, chain);
      return verdict;
    };
    await this.#assertJudged(signed, await assertAllowed());
    const judge = await this.#loadJudge();
    await judge.assertDelegation({document: capability, root}, this.#now());
    keystore = await findKeystore();
    root = rootOf(keystoreId, keystore);
    await assertAllowed();
    return {
      invocation: verifiedInvocation(signed),
      revocable: describeRevocable(chain, {root, invoker: method, authority: presented.chain ?? chain}),
    };
  }

  async acceptOnce(
    {replayDigest, created, expires}: Invocation,
    {creation}: {readonly creation: boolean},
  ): Promise<void> {
    const expiresAt = (expires + CLOCK_SKEW_SECONDS + 1) * 1000;
    const isNew = await this.#options.replays.remember(replayDigest, {expiresAt});
    const mayRepeat = creation && this.#now() <= created + CREATION_REPEAT_SECONDS;
    if (!isNew && !mayRepeat) {
      throw new NotAllowedError('replayed', 'This signed request was accepted before.');
    }
  }

  /** R9, R10. Nothing of the capability is read for a request that does not pass. */
  async #verifySignature(envelope: Envelope, roots: readonly ExpectedRoot[]): Promise<VerificationMethod> {
    const {keyId, signature} = envelope.httpSignature;
    // What nobody controls costs nobody's document a fetch (R12).
    const mayFetch = roots.some(({controllers}) => controllers.length > 0);
    if (!mayFetch && !keyId.startsWith('did:key:')) throw unresolved();
    const method = await this.#options.resolver.verificationMethod(keyId, 'capabilityInvocation', {
      requester: envelope.remoteAddress,
    });
    if (!verify(null, Buffer.from(envelope.signingString), method.keyObject, signature)) {
      throw new NotAllowedError('signature', 'Signature not verified.');
    }
    await this.#options.limitInvoker(method.controller);
    return method;
  }

  /** Everything that depends on this request, on time and on state; nothing that is dear. */
  async #assertAllowed(
    signed: SignedInvocation,
    expectation: Omit<Expectation, 'roots'>,
    {roots, keystore}: AuthorizationState,
  ): Promise<Verdict> {
    const verdict = assertInvocationRules({...signed, now: this.#now()}, {...expectation, roots});
    assertSourceAddress(signed.envelope.remoteAddress, keystore?.ipAllowList);
    await this.#assertNotRevoked(verdict.root.invocationTarget, signed.presented.chain);
    return verdict;
  }

  /** Chains begin only at keystores' roots: `keystoreId` is the root's target. */
  async #assertNotRevoked(keystoreId: string, chain: CapabilityChain | undefined): Promise<void> {
    if (!chain) return;
    const keys = chain.links.map(({id, proof}) => ({delegator: proof.delegator, capabilityId: id}));
    if (await this.#options.revocations.isAnyRevoked(keystoreId, keys)) {
      throw new NotAllowedError('revoked', 'A capability in the delegation chain has been revoked.');
    }
  }

  async #assertJudged({envelope, method, presented}: SignedInvocation, verdict: Verdict): Promise<void> {
    const {action, document} = presented;
    const judge = await this.#loadJudge();
    await judge.assertInvocation({...verdict, envelope, method, action, document}, this.#now());
  }

  #loadJudge(): Promise<LibraryJudge> {
    this.#judge ??= import('./library-judge.ts').then(
      ({LibraryJudge}) => new LibraryJudge(this.#options),
      (error: unknown) => {
        this.#judge = undefined;
        throw error;
      },
    );
    return this.#judge;
  }
}

function rootOf(keystoreId: string, keystore: KeystoreConfig | undefined): ExpectedRoot {
  const controller = keystore?.controller ?? [];
  const controllers = typeof controller === 'string' ? [controller] : controller;
  return {invocationTarget: keystoreId, controllers, delegable: true};
}
