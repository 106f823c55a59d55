import type {Logger} from 'pino';
import type {HandOverRequest, RootsChanged} from './messages.ts';

/** A process that has roots of trust open, as the primary knows it. */
export interface RootHolder {
  /** Of the worker that it is, or works for. */
  readonly number: number;
  /** Whether it may have something to give. */
  readonly isOpen: boolean;
  /** @returns a box that only who asked opens; undefined where nothing is open */
  handOver(request: HandOverRequest): Promise<Uint8Array | undefined>;
  follow(changed: RootsChanged): Promise<unknown>;
  /** Ends it, as the one in its place can follow. */
  end(): Promise<unknown>;
}

/** What is open in one process is given to the others: the primary passes it on, and has no key itself. */
export class RootRelay {
  readonly #log: Logger;
  readonly #holders = new Set<RootHolder>();
  /** An operator has sealed the server. It is known here, so that processes which replace all others know it, too. */
  #sealed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  get sealed(): boolean {
    return this.#sealed;
  }

  add(holder: RootHolder): void {
    this.#holders.add(holder);
  }

  remove(holder: RootHolder): void {
    this.#holders.delete(holder);
  }

  /** @returns the box of the first of the others that has something to give; undefined where none has */
  async handOver(receiver: RootHolder, request: HandOverRequest): Promise<Uint8Array | undefined> {
    for (const holder of this.#others(receiver)) {
      const isAsked = request.from === undefined ? holder.isOpen : holder.number === request.from;
      if (!isAsked) continue;
      const box = await holder.handOver(request).catch(() => undefined);
      if (box !== undefined) return box;
    }
    return undefined;
  }

  /** All others do what one has done; one that cannot is ended. */
  async follow(leader: RootHolder, {change}: RootsChanged): Promise<void> {
    if (change !== 'take') this.#sealed = change === 'seal';
    await Promise.all(
      this.#others(leader).map(async (holder) => {
        try {
          await holder.follow({change, from: leader.number});
        } catch (err) {
          this.#log.error({err, worker: holder.number}, 'a worker does not follow: it is replaced');
          await holder.end();
        }
      }),
    );
  }

  #others(holder: RootHolder): readonly RootHolder[] {
    return [...this.#holders].filter((other) => other !== holder);
  }
}
