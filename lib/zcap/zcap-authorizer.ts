import {verify} from 'node:crypto';
import {InternalError, NotAllowedError} from '../errors.ts';
import type {ReplayStore} from '../storage/replay-store.ts';
import {ColdWork} from './cold-work.ts';
import {unresolved, type DidResolver} from './did/did-resolver.ts';
import type {VerificationMethod} from './did/verification-method.ts';
import type {Envelope} from './envelope.ts';
import type {Party} from './fair-queue.ts';
import {assertInvocationRules, type Expectation} from './invocation-rules.ts';
import {InvokedCapabilities, type InvokedCapability} from './invoked-capabilities.ts';
import type {
  AuthorizationState,
  AuthorizedInvocation,
  AuthorizeOptions,
  Authorizer,
  ExpectedRoot,
  Invocation,
  KeystoreState,
  RevocableCapability,
  RevocationOptions,
  StateQuery,
} from './invocation.ts';
import {Judge} from './judge.ts';
import {isControlled, keystoreRoot} from './keystore-root.ts';
import {CLOCK_SKEW_SECONDS, CREATION_REPEAT_SECONDS} from './limits.ts';
import type {PresentedCapability} from './presented-capability.ts';
import {assertRevocable, describeRevocable, readRevocableChain, revocationRoots} from './revocation-rules.ts';
import {replayDigest} from './replay-digest.ts';
import {RootInvokers} from './root-invokers.ts';
import {assertSourceAddress} from './source-address.ts';
import {verifiedInvocation} from './verified-invocation.ts';

export interface ZcapAuthorizerOptions {
  readonly resolver: DidResolver;
  readonly replays: ReplayStore;
  /** Throws `RateLimitError` for an invoker (a DID) that asks too much; told only of those whose signature has verified. */
  readonly limitInvoker: (did: string) => Promise<void>;
  /** The longest life of a delegated capability (R35). */
  readonly maxDelegationTtlMs: number;
  /** Told of each request with a delegated capability whether that was known. */
  readonly onCache?: (hit: boolean) => void;
  /** Where what was never seen before waits for its turn. */
  readonly coldWork?: ColdWork;
  /** What all addresses of one party have in common, e.g. the first 64 bits. Default: the address */
  readonly addressBlock?: (address: string) => string;
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
 * (R12). All that state decides comes in one reading: right after the signature and the capability were read, and before dear
 * work; once more after it, where there was any: an answer to a revocation or a transfer may have been sent meanwhile, and no
 * request is allowed by what was true before it (R41, R48). Who signs with a did:key, and was judged before or invokes a root
 * itself, waits for one.
 */
export class ZcapAuthorizer implements Authorizer {
  readonly #options: ZcapAuthorizerOptions;
  readonly #capabilities: InvokedCapabilities;
  readonly #rootInvokers = new RootInvokers();
  readonly #now: () => number;
  readonly #judge: Judge;

  constructor(options: ZcapAuthorizerOptions) {
    const {
      maxDelegationTtlMs,
      coldWork = new ColdWork(),
      onCache = () => undefined,
      now = () => Math.floor(Date.now() / 1000),
    } = options;
    this.#options = options;
    this.#capabilities = new InvokedCapabilities({maxDelegationTtlMs, coldWork, onCache});
    this.#judge = new Judge(options);
    this.#now = now;
  }

  /** Loads what would otherwise be loaded with the first invocation. */
  async warmUp(): Promise<void> {
    await this.#judge.warmUp();
  }

  async authorizeInvocation<State extends AuthorizationState>(
    envelope: Envelope,
    {readState, onInvoker, action, alsoBy}: AuthorizeOptions<State>,
  ): Promise<AuthorizedInvocation<State>> {
    const readRoots = async (): Promise<readonly ExpectedRoot[]> => (await readState(NOTHING)).roots;
    const method = await this.#verifySignature(envelope, readRoots, onInvoker);
    return this.#capabilities.use(
      envelope,
      () => this.#partyOf(envelope, method),
      async (invoked) => {
        const signed = {envelope, method, presented: invoked.presented};
        const revocations = invoked.presented.chain?.revocations ?? NOTHING.revocations;
        const assertAllowed = async (isLast: boolean): Promise<{state: State; verdict: Verdict}> => {
          const state = await readState({revocations, isLast});
          return {state, verdict: this.#assertAllowed(signed, {action, alsoBy, roots: state.roots}, state)};
        };
        const isKnown = this.#isKnown(envelope, invoked);
        let {state, verdict} = await assertAllowed(isKnown);
        if (!isKnown) {
          await this.#assertJudged(signed, verdict, invoked);
          this.#remember(envelope, invoked);
          ({state, verdict} = await assertAllowed(true));
        }
        const confirm = async (): Promise<void> => {
          await assertAllowed(false);
        };
        const {judgedAction: allowedBy} = verdict;
        return {invocation: verifiedInvocation({...signed, allowedBy}), state, confirm};
      },
    );
  }

  async authorizeRevocation(
    envelope: Envelope,
    {keystoreId, readState, capability, revocationId, onInvoker}: RevocationOptions,
  ): Promise<{readonly invocation: Invocation; readonly revocable: RevocableCapability}> {
    const readRoots = async (): Promise<readonly ExpectedRoot[]> => [
      keystoreRoot(keystoreId, (await readState(NOTHING)).keystore),
    ];
    const method = await this.#verifySignature(envelope, readRoots, onInvoker);
    return this.#capabilities.useInTurn(
      envelope,
      () => this.#partyOf(envelope, method),
      async (invoked) => {
        const {presented, yieldTurn} = invoked;
        const signed = {envelope, method, presented};
        const {maxDelegationTtlMs} = this.#options;
        const chain = readRevocableChain(capability, {revocationId, maxDelegationTtlMs});
        // Whether it is revoked itself is told when that is stored: one of its id that lives longer may be revoked, too.
        const revocations = [...(presented.chain?.revocations ?? []), ...chain.revocations.slice(0, -1)];
        const assertAllowed = async (isLast: boolean): Promise<{root: ExpectedRoot; verdict: Verdict}> => {
          const state = await readState({revocations, isLast});
          const root = keystoreRoot(keystoreId, state.keystore);
          assertRevocable(chain, {root, now: this.#now()});
          const roots = revocationRoots(envelope.url, chain, root);
          const verdict = this.#assertAllowed(signed, {action: 'write', roots}, state);
          assertNotRevoked(keystoreId, state);
          return {root, verdict};
        };
        const before = await assertAllowed(false);
        await this.#assertJudged(signed, before.verdict, invoked);
        await yieldTurn();
        const delegation = {document: capability, root: before.root, requester: this.#blockOf(envelope)};
        await this.#judge.assertDelegation(delegation, this.#now(), {yieldTurn});
        const {root, verdict} = await assertAllowed(true);
        return {
          invocation: verifiedInvocation({...signed, allowedBy: verdict.judgedAction}),
          revocable: describeRevocable(chain, {root, invoker: method, authority: presented.chain ?? chain}),
        };
      },
    );
  }

  async acceptOnce(
    {signed, created, expires}: Invocation,
    {creation}: {readonly creation: boolean},
  ): Promise<void> {
    const expiresAt = (expires + CLOCK_SKEW_SECONDS + 1) * 1000;
    const isNew = await this.#options.replays.remember(replayDigest(signed), {expiresAt});
    const mayRepeat = creation && this.#now() <= created + CREATION_REPEAT_SECONDS;
    if (!isNew && !mayRepeat) {
      throw new NotAllowedError('replayed', 'This signed request was accepted before.');
    }
  }

  /** R9, R10. Nothing of the capability is read for a request whose signature does not verify. */
  async #verifySignature(
    envelope: Envelope,
    readRoots: () => Promise<readonly ExpectedRoot[]>,
    onInvoker: AuthorizeOptions['onInvoker'],
  ): Promise<VerificationMethod> {
    const {keyId, signature} = envelope.httpSignature;
    // What nobody controls costs nobody's document a fetch (R12); a did:key is its own document.
    if (!keyId.startsWith('did:key:') && !(await readRoots()).some(isControlled)) throw unresolved();
    const requester = this.#blockOf(envelope);
    const found = this.#options.resolver.verificationMethod(keyId, 'capabilityInvocation', {requester});
    const method = found instanceof Promise ? await found : found;
    if (!verify(null, Buffer.from(envelope.signingString), method.keyObject, signature)) {
      throw new NotAllowedError('signature', 'Signature not verified.');
    }
    await this.#options.limitInvoker(method.controller);
    onInvoker?.(method.controller);
    return method;
  }

  /** Everything that depends on this request, on time and on state; nothing that is dear. */
  #assertAllowed(signed: SignedInvocation, expectation: Expectation, state: KeystoreState): Verdict {
    const {envelope, method, presented} = signed;
    const verdict = assertInvocationRules({envelope, method, presented, now: this.#now()}, expectation);
    assertSourceAddress(envelope.remoteAddress, state.keystore?.ipAllowList);
    if (presented.chain) assertNotRevoked(verdict.root.invocationTarget, state);
    return verdict;
  }

  async #assertJudged(
    {envelope, method, presented: {action}}: SignedInvocation,
    verdict: Verdict,
    {unjudged, yieldTurn}: InvokedCapability,
  ): Promise<void> {
    if (!unjudged) return;
    const requester = this.#blockOf(envelope);
    const invocation = {...verdict, envelope, method, action, document: unjudged.document, requester};
    await this.#judge.assertInvocation(invocation, this.#now(), {yieldTurn});
  }

  /** Whether it may be expected that who asks is allowed to: as it was before. */
  #isKnown(envelope: Envelope, {unjudged, presented: {chain, id}}: InvokedCapability): boolean {
    return !unjudged && (chain !== undefined || this.#rootInvokers.isKnown(envelope, id));
  }

  #remember(envelope: Envelope, {unjudged, presented: {chain, id}}: InvokedCapability): void {
    unjudged?.remember();
    if (!chain) this.#rootInvokers.remember(envelope, id);
  }

  #partyOf(envelope: Envelope, {controller: invoker}: VerificationMethod): Party {
    return {invoker, address: this.#blockOf(envelope)};
  }

  #blockOf({remoteAddress}: Envelope): string {
    return this.#options.addressBlock?.(remoteAddress) ?? remoteAddress;
  }
}

/** For what decides only whether it is worth to fetch a document. */
const NOTHING: StateQuery = {revocations: [], isLast: false};

/** Chains begin only at keystores' roots: `keystoreId` is the root's target, and it was asked about in no other. */
function assertNotRevoked(keystoreId: string, {keystore, isAnyRevoked}: KeystoreState): void {
  if (keystore?.id !== keystoreId) {
    throw new InternalError(new Error('Revocations were looked for in another keystore.'));
  }
  if (isAnyRevoked) {
    throw new NotAllowedError('revoked', 'A capability in the delegation chain has been revoked.');
  }
}
