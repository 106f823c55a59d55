import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {RevocationKey} from '../storage/revocation-store.ts';
import type {Envelope} from './envelope.ts';

declare const verified: unique symbol;

/**
 * A capability invocation that was verified. Only `Authorizer` makes these: code that skips authorisation does not
 * compile.
 */
export interface Invocation {
  readonly [verified]: true;
  /** The DID that signed the request. */
  readonly invoker: string;
  /** The verification method (DID URL) that signed the request. */
  readonly verificationMethod: string;
  readonly action: string;
  /** What the capability allows it by: the action, or another one that is as good (R36). */
  readonly allowedBy: string;
  /** Capabilities in the chain, the root included: 1 where a controller invoked the root itself. */
  readonly chainLength: number;
  /** Id of the invoked capability. */
  readonly capabilityId: string;
  /** The DID under whose authority the chain stands: the invoker for a root invocation, else the first delegator. */
  readonly authority: string;
  /** DID URL and signing string: the identity of the signed request, for replay memory (R11). */
  readonly signed: {readonly keyId: string; readonly signingString: string};
  /** Unix seconds, of the HTTP signature. */
  readonly created: number;
  /** Unix seconds, of the HTTP signature. */
  readonly expires: number;
}

/** A root capability that an endpoint accepts (R14): made by the server, never sent. */
export interface ExpectedRoot {
  readonly invocationTarget: string;
  readonly controllers: readonly string[];
  /**
   * Whether chains may begin at it too: only where there is a place to revoke what was delegated from it, since what
   * can be invoked can be revoked (R44).
   */
  readonly delegable: boolean;
}

/** What is asked of the store at once. */
export interface StateQuery {
  /** Whether any of these is revoked in the keystore. */
  readonly revocations: readonly Omit<RevocationKey, 'keystoreId'>[];
  /** Nothing slow follows, and who asks was judged: what the request is answered with may be read with it. */
  readonly isLast: boolean;
}

/** What decides about a request and can change, as the store has it now: read at one time. */
export interface KeystoreState {
  /** The keystore the request is about: its revocations, its ipAllowList. Absent for the collection of keystores. */
  readonly keystore?: KeystoreConfig | undefined;
  /** Of those that were asked about; false where nothing can be revoked. */
  readonly isAnyRevoked: boolean;
}

export interface AuthorizationState extends KeystoreState {
  /** The roots that the chain may begin at; one without controllers is nobody's (e.g. no such keystore). */
  readonly roots: readonly ExpectedRoot[];
}

export interface AuthorizeOptions<State extends AuthorizationState = AuthorizationState> {
  /** The action that the request asks for; the capability header must say the same and the chain must allow it. */
  readonly action: string;
  /** Called before anything that others have to be waited for, and after everything that was. */
  readonly readState: (query: StateQuery) => Promise<State>;
  /** Told who signed (a DID), once the signature has verified, whatever comes of the rest. */
  readonly onInvoker?: ((did: string) => void) | undefined;
  /** Other actions of which one that the chain allows is enough (R36: reading what a key is). */
  readonly alsoBy?: ReadonlySet<string> | undefined;
}

export interface RevocationOptions {
  readonly keystoreId: string;
  /** Without a keystore there is no such; refused like any stranger. Called as for `authorizeInvocation`. */
  readonly readState: (query: StateQuery) => Promise<KeystoreState>;
  /** The posted capability. */
  readonly capability: Readonly<Record<string, unknown>>;
  /** The id in the URL. */
  readonly revocationId: string;
  readonly onInvoker?: ((did: string) => void) | undefined;
}

/** What the capability to be revoked turned out to be, once verified. */
export interface RevocableCapability {
  readonly id: string;
  /** The DID that signed its delegation proof. */
  readonly delegator: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /**
   * Whose share of the keystore's revocations this one takes (R47): of what one delegate of the controllers delegated on,
   * however many DIDs it made for that, all is its own. undefined: a controller of the keystore asks, who always may.
   */
  readonly chargedTo: string | undefined;
}

/** A request that is allowed. */
export interface AuthorizedInvocation<State extends AuthorizationState = AuthorizationState> {
  readonly invocation: Invocation;
  /** The present state that allowed it: the answer to the one query that said `isLast`. */
  readonly state: State;
  /**
   * Whether it is allowed still, by state and time of this moment: for what goes on long after it was authorised.
   * @throws as `authorizeInvocation`
   */
  readonly confirm: () => Promise<void>;
}

/** All methods throw NotAllowedError, SourceAddressError, MalformedRequestError, RateLimitError, UnavailableError. */
export interface Authorizer {
  authorizeInvocation<State extends AuthorizationState>(
    envelope: Envelope,
    options: AuthorizeOptions<State>,
  ): Promise<AuthorizedInvocation<State>>;

  /** Authorises a revocation (R39–R44): verifies the invocation and the delegation of the posted capability. */
  authorizeRevocation(
    envelope: Envelope,
    options: RevocationOptions,
  ): Promise<{readonly invocation: Invocation; readonly revocable: RevocableCapability}>;

  /**
   * Lets a signed change through once (R11); called right before the change is made.
   * `creation`: it may repeat within 5 s of `created`.
   * @throws NotAllowedError (reason `replayed`), UnavailableError
   */
  acceptOnce(invocation: Invocation, options: {readonly creation: boolean}): Promise<void>;
}
