import type {Logger} from 'pino';
import type {Settings} from '../../config/settings.ts';
import type {WorkerStatus} from '../../processes/messages.ts';
import {RootRelay} from '../../processes/root-relay.ts';
import type {WorkerProcess} from '../../processes/worker-process.ts';
import type {SharedRoots} from '../../processes/worker-roots.ts';
import {AgreedRoots} from './agreed-roots.ts';
import {WorkerKeys} from './worker-keys.ts';

export interface KeyProcessesOptions {
  readonly settings: Settings;
  readonly status: () => Promise<readonly WorkerStatus[]>;
  readonly log: Logger;
}

/**
 * The key processes of a server of several, one for each worker. They are the primary's children: what is open goes from one
 * to another by way of it, and no worker can ask for it.
 */
export class KeyProcesses implements SharedRoots {
  readonly #options: KeyProcessesOptions;
  readonly #relay: RootRelay;
  readonly #roots: AgreedRoots;
  readonly #all = new Set<WorkerKeys>();

  constructor(options: KeyProcessesOptions) {
    this.#options = options;
    this.#relay = new RootRelay(options.log);
    this.#roots = new AgreedRoots(options.log);
  }

  get sealed(): boolean {
    return this.#relay.sealed;
  }

  serve(worker: WorkerProcess, {isFirst}: {readonly isFirst: boolean}): void {
    const keys = new WorkerKeys({...this.#options, relay: this.#relay, roots: this.#roots, worker, isFirst});
    this.#all.add(keys);
    void worker.exited.then(() => keys.ended()).then(() => this.#all.delete(keys));
  }

  /** Resolves when all have ended, as they do where their workers have. */
  async ended(): Promise<void> {
    await Promise.all([...this.#all].map((keys) => keys.ended()));
  }

  /** Ends all at once. */
  kill(): void {
    for (const keys of this.#all) keys.kill();
  }
}
