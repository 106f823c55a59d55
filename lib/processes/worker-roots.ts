import type {Logger} from 'pino';
import {RootRelay, type RootHolder} from './root-relay.ts';
import {handOverRequest, rootsChanged} from './worker-messages.ts';
import type {WorkerProcess} from './worker-process.ts';

/** How the processes of a server share roots of trust. */
export interface SharedRoots {
  /** An operator has sealed the server. */
  readonly sealed: boolean;
  /** Answers a worker that is just being begun. */
  serve(worker: WorkerProcess, kind: {readonly isFirst: boolean}): void;
}

const FOLLOW_MS = 20_000;

/** Where workers have the keys themselves: each gives to the others what it has open. */
export class WorkerRoots implements SharedRoots {
  readonly #relay: RootRelay;

  constructor(log: Logger) {
    this.#relay = new RootRelay(log);
  }

  get sealed(): boolean {
    return this.#relay.sealed;
  }

  serve(worker: WorkerProcess): void {
    const {channel, number} = worker;
    const holder: RootHolder = {
      number,
      get isOpen() {
        return worker.state !== 'starting';
      },
      handOver: async (request) => {
        const box = await channel.ask('hand-over', request);
        return box instanceof Uint8Array ? box : undefined;
      },
      follow: (changed) => channel.ask('follow', changed, {timeoutMs: FOLLOW_MS}),
      end: () => {
        worker.kill();
        return worker.exited;
      },
    };
    this.#relay.add(holder);
    void worker.exited.then(() => this.#relay.remove(holder));
    channel.on('hand-over', (request) => this.#relay.handOver(holder, handOverRequest(request)));
    channel.on('roots-changed', (changed) => this.#relay.follow(holder, rootsChanged(changed)));
  }
}
