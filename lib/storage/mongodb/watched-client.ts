import type {Db, MongoClient} from 'mongodb';
import {DATABASE_OPTIONS} from './client-options.ts';

export interface WatchedClientOptions {
  /** Makes a client; called again where the first one has to be replaced. */
  readonly make: () => MongoClient;
  readonly database: string;
  /** How long the driver's monitor may take to connect, and to be answered, each. */
  readonly connectTimeoutMs: number;
  readonly onReplaced?: () => void;
  /** Milliseconds, of a clock that only goes forward. */
  readonly now?: () => number;
}

const MARGIN_MS = 500;

/**
 * A client of the driver, and a new one in its place where it would never find its server again: where the connection of the
 * driver's monitor is closed while it sends its handshake, that waits for an answer for ever (seen with 7.9), and so does
 * every call for a server. A check of a lost server that goes on for longer than its time limits allow is one of these. So is
 * a client that found no server when it first looked for one: the driver closes it, and it looks no more.
 */
export class WatchedClient {
  readonly #options: WatchedClientOptions;
  readonly #now: () => number;
  /** By address: when the monitor began to check a server, of which nothing is known. */
  #checks = new Map<string, number>();
  #lost = new Set<string>();
  #hasGivenUp = false;
  #client: MongoClient;

  constructor(options: WatchedClientOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#client = this.#make();
  }

  /** @throws MongoError */
  async connect(): Promise<void> {
    await this.#client.connect();
  }

  /** For one call. A client connects by itself. */
  db(): Db {
    if (this.#hasGivenUp) {
      this.#replace();
    } else if (this.#isStuck()) {
      this.#replace();
      this.#options.onReplaced?.();
    }
    return this.#client.db(this.#options.database, DATABASE_OPTIONS);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #isStuck(): boolean {
    if (this.#lost.size === 0) return false;
    const latest = this.#now() - 2 * this.#options.connectTimeoutMs - MARGIN_MS;
    return [...this.#lost].some((address) => (this.#checks.get(address) ?? Infinity) < latest);
  }

  #replace(): void {
    const old = this.#client;
    this.#client = this.#make();
    // Nothing of it can be answered any more.
    old.close().catch(() => undefined);
  }

  #make(): MongoClient {
    const client = this.#options.make();
    const [checks, lost] = [new Map<string, number>(), new Set<string>()];
    this.#checks = checks;
    this.#lost = lost;
    this.#hasGivenUp = false;
    client.on('serverHeartbeatStarted', ({connectionId}) => checks.set(connectionId, this.#now()));
    client.on('serverHeartbeatSucceeded', ({connectionId}) => checks.delete(connectionId));
    client.on('serverHeartbeatFailed', ({connectionId}) => checks.delete(connectionId));
    client.on('serverDescriptionChanged', ({address, newDescription}) => {
      if (newDescription.type === 'Unknown') lost.add(address);
      else lost.delete(address);
    });
    client.on('topologyClosed', () => {
      // Of one that was replaced it is nothing new.
      if (this.#client === client) this.#hasGivenUp = true;
    });
    client.on('serverClosed', ({address}) => {
      checks.delete(address);
      lost.delete(address);
    });
    return client;
  }
}
