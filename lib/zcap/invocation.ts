import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
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
  /** Capabilities in the chain, the root included: 1 where a controller invoked the root itself. */
  readonly chainLength: number;
  /** Id of the invoked capability. */
  readonly capabilityId: string;
  /** The controllers of the root that the request is authorised against: of a keystore, its controllers. */
  readonly rootControllers: readonly string[];
  /** The DID under whose authority the chain stands: the invoker for a root invocation, else the first delegator. */
  readonly authority: string;
  /** SHA-256(keyId ‖ signing string): the identity of the signed request for replay memory (R11). */
  readonly replayDigest: Uint8Array;
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

export interface AuthorizeOptions {
  /** The action that the request asks for; the capability header must say the same and the chain must allow it. */
  readonly action: string;
  /** The roots that the chain may begin at. Empty: nobody may (e.g. no such keystore), refused like any other. */
  readonly roots: readonly ExpectedRoot[];
  /** Reading a key description: any action that the chain allows on the target is enough (R36). */
  readonly anyAllowedAction?: boolean;
  /** The keystore the request is about: its revocations, its ipAllowList. Absent for the collection of keystores. */
  readonly keystore?: KeystoreConfig | undefined;
}

/** What the capability to be revoked turned out to be, once verified. */
export interface RevocableCapability {
  readonly id: string;
  /** The DID that signed its delegation proof. */
  readonly delegator: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Authorizer {
  /** @throws NotAllowedError, SourceAddressError, MalformedRequestError, RateLimitError, UnavailableError */
  authorizeInvocation(envelope: Envelope, options: AuthorizeOptions): Promise<Invocation>;

  /**
   * Authorises a revocation (R39–R44): verifies the invocation and the delegation of the posted capability.
   * `keystore` undefined: no such keystore; refused like any stranger.
   */
  authorizeRevocation(
    envelope: Envelope,
    options: {
      readonly keystore: KeystoreConfig | undefined;
      readonly keystoreId: string;
      readonly capability: Readonly<Record<string, unknown>>;
      readonly revocationId: string;
    },
  ): Promise<{readonly invocation: Invocation; readonly revocable: RevocableCapability}>;

  /**
   * Lets a signed change through once (R11); called right before the change is made.
   * `creation`: it may repeat within 5 s of `created`.
   * @throws NotAllowedError (reason `replayed`), UnavailableError
   */
  acceptOnce(invocation: Invocation, options: {readonly creation: boolean}): Promise<void>;
}
