import type {Duplex} from 'node:stream';
import {forgetHanded} from '../../sealing/handed-roots.ts';
import type {OtherProcess} from '../../sealing/root-of-trust-options.ts';
import type {RootOfTrust} from '../../sealing/root-of-trust.ts';
import {followRoots, giveRoots, receiveRoots} from '../../sealing/sharing-roots.ts';
import {UsedRoots} from '../../sealing/used-roots.ts';
import type {OpenedKeys, OpenRequest} from '../protocol/key-process-methods.ts';
import {
  PRIMARY_METHODS,
  WORKERS_KEYS_METHODS,
  type PrimaryProcess,
  type WorkersKeys,
} from '../protocol/primary-methods.ts';
import {ProcessConnection} from '../protocol/process-connection.ts';
import {handlersOf, remote} from '../../rpc/remote-interface.ts';

export interface PrimaryLinkOptions {
  /** Opens the keys, with what the other key processes have open. */
  readonly open: (request: OpenRequest, from: OtherProcess) => Promise<OpenedKeys>;
  /** What is not of the protocol came from the primary. */
  readonly onBroken: (error: Error) => void;
}

/** What a key process has to do with the primary of a server of several processes and, by way of it, with the other key processes. */
export class PrimaryLink {
  readonly #primary: PrimaryProcess;
  /** What is done elsewhere is followed when the keys are open here. */
  readonly #shared = Promise.withResolvers<{
    readonly root: RootOfTrust;
    readonly onFollowed: () => Promise<void>;
  }>();
  readonly #used = new UsedRoots(() => this.#tellUsed());
  #root: RootOfTrust | undefined;

  constructor(stream: Duplex, {open, onBroken}: PrimaryLinkOptions) {
    const keys: WorkersKeys = {
      open: async (request) => {
        this.#used.add(request.usedRoots ?? []);
        const roots = request.sealed ? [] : await receiveRoots((point) => this.#primary.handOver(point));
        try {
          return await open(request, {sealed: request.sealed, roots, used: this.#used});
        } finally {
          forgetHanded(roots);
        }
      },
      handOver: async (point) => this.#root && giveRoots(this.#root, point),
      follow: async (change, from, used) => {
        this.#used.add(used);
        const {root, onFollowed} = await this.#shared.promise;
        const receive = () => receiveRoots((point) => this.#primary.handOver(point, from));
        await followRoots(root, change, receive);
        await onFollowed();
      },
    };
    const methods = new Map(handlersOf<WorkersKeys>('workers-keys', WORKERS_KEYS_METHODS, keys));
    // Where the primary is gone, the worker still answers what it was asked, and is served until it ends.
    const onEnd = (error?: Error): void => {
      if (error) onBroken(error);
    };
    const connection = new ProcessConnection(stream, {methods, onEnd, peer: 'primary process'});
    this.#primary = remote<PrimaryProcess>('primary', PRIMARY_METHODS, connection);
  }

  /** What is done with the roots of trust in one key process is done in all. @param onFollowed waited for by who has led */
  shareRoots(root: RootOfTrust, onFollowed: () => Promise<void>): void {
    this.#root = root;
    root.onLead((change) => this.#primary.rootsChanged(change));
    this.#shared.resolve({root, onFollowed});
  }

  #tellUsed(): void {
    // Where the primary is gone, nobody asks for it.
    this.#primary.rootsUsed(this.#used.list()).catch(() => undefined);
  }

  workers: PrimaryProcess['workers'] = () => this.#primary.workers();
}
