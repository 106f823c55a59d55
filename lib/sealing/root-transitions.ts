import {Serial} from './key-hierarchy/serial.ts';
import {Redacted} from './redacted.ts';
import type {RootsChange} from './root-of-trust-options.ts';

/** Runs changes of the open roots one after the other, and tells of what became of them. */
export abstract class RootTransitions extends Redacted {
  readonly #listeners = new Set<(sealed: boolean) => void>();
  readonly #followers = new Set<(change: RootsChange) => Promise<void>>();
  readonly #changes = new Serial();
  /** As the listeners were last told. */
  #told: boolean | undefined;

  abstract isSealed(): boolean;

  /** @param listener told whenever the last root has closed (true) or the first has opened (false). @returns what stops it. */
  onSealedChange(listener: (sealed: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @param follower told of what the other processes of this server have to `follow`; the operator's answer waits for it. */
  onLead(follower: (change: RootsChange) => Promise<void>): void {
    this.#followers.add(follower);
  }

  protected forgetListeners(): void {
    this.#listeners.clear();
    this.#followers.clear();
  }

  /** Changes what is open in this process. */
  protected run<T>(work: () => Promise<T>): Promise<T> {
    return this.#changes.run('roots', async () => {
      this.#told ??= this.isSealed();
      try {
        return await work();
      } finally {
        this.tellWhetherSealed();
      }
    });
  }

  protected tellWhetherSealed(): void {
    const now = this.isSealed();
    if (now === this.#told) return;
    this.#told = now;
    for (const listener of this.#listeners) listener(now);
  }

  /** As `run`; then the followers, also where it did not wholly succeed here. */
  protected async lead<T>(change: RootsChange, work: () => Promise<T>): Promise<T> {
    try {
      return await this.run(work);
    } finally {
      await this.tell(change);
    }
  }

  protected async tell(change: RootsChange): Promise<void> {
    for (const follower of this.#followers) await follower(change);
  }
}
