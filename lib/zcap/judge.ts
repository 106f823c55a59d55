import {DelegationProofs} from './delegation-proofs.ts';
import type {DidResolver} from './did/did-resolver.ts';
import type {DelegationToJudge, InvocationToJudge, LibraryJudge} from './library-judge.ts';

export interface JudgeOptions {
  readonly resolver: DidResolver;
  /** The longest life of a delegated capability (R35). */
  readonly maxDelegationTtlMs: number;
}

export interface JudgeTurns {
  /** Awaited between links: others may have the processor. */
  readonly yieldTurn?: () => Promise<void>;
}

/**
 * Has the last word on invocations and delegations that were not judged before. All that the gate checks must have been
 * checked: the HTTP signature, the documents' shape, the chain's structure and attenuation, and by this request, time and
 * state, `assertInvocationRules` or `assertRevocable`. What is left are the delegations' signatures; where those
 * cannot be verified directly, or a request was signed over other headers than official clients sign, the libraries
 * judge the whole of it (ADR 20).
 */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #proofs: DelegationProofs;
  #libraries: Promise<LibraryJudge> | undefined;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#proofs = new DelegationProofs(options);
  }

  /** Loads the libraries, which takes long. */
  async warmUp(): Promise<void> {
    await this.#loadLibraries();
  }

  /** @param now Unix seconds. @throws NotAllowedError */
  async assertInvocation(
    invocation: InvocationToJudge,
    now: number,
    {yieldTurn}: JudgeTurns = {},
  ): Promise<void> {
    const {document, envelope, requester} = invocation;
    const isVerified = !document || (await this.#proofs.verifyChain(document, {requester, yieldTurn}));
    if (isVerified && envelope.isUsual) return;
    const libraries = await this.#loadLibraries();
    await libraries.assertInvocation(invocation, now);
  }

  /** Of a capability that is not invoked, and of its parents. @param now Unix seconds. @throws NotAllowedError */
  async assertDelegation(
    delegation: DelegationToJudge,
    now: number,
    {yieldTurn}: JudgeTurns = {},
  ): Promise<void> {
    const {document, requester} = delegation;
    if (await this.#proofs.verifyChain(document, {requester, yieldTurn})) return;
    const libraries = await this.#loadLibraries();
    await libraries.assertDelegation(delegation, now);
  }

  #loadLibraries(): Promise<LibraryJudge> {
    this.#libraries ??= import('./library-judge.ts').then(
      ({LibraryJudge}) => new LibraryJudge({...this.#options, proofs: this.#proofs}),
      (error: unknown) => {
        this.#libraries = undefined;
        throw error;
      },
    );
    return this.#libraries;
  }
}
