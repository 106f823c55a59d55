import type {ColdWork, YieldTurn} from './cold-work.ts';
import type {Envelope} from './envelope.ts';
import type {Party} from './fair-queue.ts';
import {
  PresentedCapabilities,
  type PresentedCapability,
  type UnjudgedCapability,
} from './presented-capability.ts';

/** The capability that a request invokes, as it is handed on. */
export interface InvokedCapability {
  readonly presented: PresentedCapability;
  /** undefined: it was judged before, for good. */
  readonly unjudged: Unjudged | undefined;
  readonly yieldTurn: YieldTurn;
}

interface Unjudged extends Pick<UnjudgedCapability, 'document'> {
  /** Call only once everything about the invocation has verified. */
  remember(): void;
}

export interface InvokedCapabilitiesOptions {
  readonly maxDelegationTtlMs: number;
  readonly coldWork: ColdWork;
  /** Told of each request with a delegated capability whether that was known. */
  readonly onCache: (hit: boolean) => void;
}

/**
 * The capabilities that requests invoke: one that was judged is at hand; another is not even read before its invoker's turn
 * has come. Used only for requests whose HTTP signature has verified (R10).
 */
export class InvokedCapabilities {
  readonly #presented: PresentedCapabilities;
  readonly #coldWork: ColdWork;
  readonly #onCache: (hit: boolean) => void;
  /** By the header's name, the first use of what was not judged yet; settles when that has ended, and never rejects. */
  readonly #underway = new Map<string, Promise<void>>();

  constructor({maxDelegationTtlMs, coldWork, onCache}: InvokedCapabilitiesOptions) {
    this.#presented = new PresentedCapabilities({maxDelegationTtlMs});
    this.#coldWork = coldWork;
    this.#onCache = onCache;
  }

  /**
   * Has a request's capability used. Of many requests that come with the same, which nobody has judged yet, all but one wait.
   * @throws as `ColdWork.run`, NotAllowedError, and what `use` throws
   */
  use<T>(
    envelope: Envelope,
    partyOf: () => Party,
    use: (invoked: InvokedCapability) => Promise<T>,
  ): Promise<T> {
    const root = this.#presented.readRoot(envelope);
    if (root) return use(judged(root));
    const name = this.#presented.nameOf(envelope);
    const known = this.#presented.recall(name);
    if (!known) return this.#useUnknown(envelope, name, partyOf, use);
    this.#onCache(true);
    return use(judged(known));
  }

  async #useUnknown<T>(
    envelope: Envelope,
    name: string | undefined,
    partyOf: () => Party,
    use: (invoked: InvokedCapability) => Promise<T>,
  ): Promise<T> {
    let known: PresentedCapability | undefined;
    if (name !== undefined && this.#underway.has(name)) {
      await this.#underway.get(name);
      known = this.#presented.recall(name);
    }
    this.#onCache(known !== undefined);
    if (known) return use(judged(known));
    const using = this.useInTurn(envelope, partyOf, use);
    if (name !== undefined && !this.#underway.has(name)) this.#follow(name, using);
    return using;
  }

  /** The same for who does other long work besides: judged or not, after waiting for the invoker's turn. */
  async useInTurn<T>(
    envelope: Envelope,
    partyOf: () => Party,
    use: (invoked: InvokedCapability) => Promise<T>,
  ): Promise<T> {
    return this.#coldWork.run(partyOf(), async (yieldTurn) => {
      const name = this.#presented.nameOf(envelope);
      const known = this.#presented.readRoot(envelope) ?? this.#presented.recall(name);
      if (known) return use({presented: known, unjudged: undefined, yieldTurn});
      const presented = this.#presented.read(envelope);
      const remember = (): void => this.#presented.remember(name, presented);
      return use({presented, unjudged: {document: presented.document, remember}, yieldTurn});
    });
  }

  #follow(name: string, using: Promise<unknown>): void {
    const ended = (): void => void this.#underway.delete(name);
    this.#underway.set(name, using.then(ended, ended));
  }
}

/** Who does nothing long goes on at once. */
const NO_TURN: YieldTurn = async () => undefined;

function judged(presented: PresentedCapability): InvokedCapability {
  return {presented, unjudged: undefined, yieldTurn: NO_TURN};
}
