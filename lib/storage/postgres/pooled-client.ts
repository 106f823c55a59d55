import pg, {type ClientConfig} from 'pg';
import {UnavailableError} from '../../errors.ts';
import {setUpSession} from './set-up-session.ts';
import type {Server, Servers} from './servers.ts';
import {setStartupParameters} from './startup-parameters.ts';
import {readTimeline, type Timeline} from './timeline.ts';
import {watchReplication} from './transaction.ts';

export interface PooledClientOptions {
  readonly config: ClientConfig;
  readonly servers: Servers;
  readonly timeoutMs: number;
}

type Connected = (error: Error | null) => void;

/** A connection to the server that is thought to take writes. Where that one does not, the next connection is to another. */
export class PooledClient extends pg.Client {
  readonly #servers: Servers;
  readonly #server: Server;
  readonly #timeoutMs: number;
  #timeline: Timeline | undefined;

  constructor({config, servers, timeoutMs}: PooledClientOptions) {
    const server = servers.current;
    super({...config, ...server});
    setStartupParameters(this, config);
    this.#servers = servers;
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    watchReplication(this);
    // While it is in use the statement tells of it; nobody else is to end the process for it.
    this.on('error', () => undefined);
  }

  /** Whether its server is a primary in whose place another was promoted. */
  get isOfReplaced(): boolean {
    return this.#servers.newestTimeline.isAfter(this.#timeline);
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.Client> | void {
    const connecting = this.#connect();
    if (!callback) return connecting;
    connecting.then(() => callback(null), callback);
  }

  async #connect(): Promise<this> {
    try {
      await super.connect();
      await setUpSession(this, this.#timeoutMs);
      this.#timeline = await readTimeline(this);
      if (this.isOfReplaced) throw new UnavailableError('Another database server was promoted in its place.');
      this.#servers.newestTimeline.note(this.#timeline);
      return this;
    } catch (error) {
      this.#servers.leave(this.#server);
      this.end().catch(() => undefined);
      throw error;
    }
  }
}
