import {LRUCache} from 'lru-cache';
import {parseStrictJson} from '../../encoding/strict-json.ts';
import type {DidDocument} from './did-document.ts';
import {DidError} from './did-error.ts';
import {didWebLocation, type DidWebLocation} from './did-web-location.ts';
import {createDidJsonFetch, type FetchDidJson, type FetchDidJsonOptions} from './fetch-did-json.ts';
import {FetchLimiter, type FetchLimiterOptions} from './fetch-limiter.ts';
import {JsonDidDocument} from './json-did-document.ts';
import type {OnCache} from './on-cache.ts';

export interface DidWebSettings extends FetchDidJsonOptions, FetchLimiterOptions {
  /** Ports that a DID may name. */
  readonly ports: readonly number[];
  /** For name resolution, connection and reply together; and, apart from it, for waiting. */
  readonly timeoutMs: number;
  readonly ttlMs: number;
  /** How long a refusal is remembered. */
  readonly negativeTtlMs: number;
}

/** What is absent is as in `DEFAULTS`. */
export type DidWebOptions = Partial<DidWebSettings>;

export interface DidWebDependencies {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onCache: OnCache;
}

type Outcome = {readonly document: DidDocument; readonly bytes: number} | {readonly error: DidError};

interface Remembered {
  readonly outcome: Outcome;
  readonly from: number;
  readonly until: number;
}

const DEFAULTS: DidWebSettings = {
  ports: [443],
  timeoutMs: 3000,
  ttlMs: 60_000,
  negativeTtlMs: 10_000,
  maxBytes: 65_536,
  maxConcurrent: 16,
  maxWaiting: 256,
  maxPerRequester: 4,
};

const MAX_JSON_DEPTH = 32;

/** Bounds of the memory: entries, and bytes of document as sent (a refusal counts as one entry's overhead). */
const MAX_REMEMBERED = 1000;
const MAX_REMEMBERED_BYTES = 8 * 1024 * 1024;
const ENTRY_BYTES = 1024;

/** did:web documents, as R51 lets them be fetched. */
export class DidWebDocuments {
  readonly #settings: DidWebSettings;
  readonly #now: () => number;
  readonly #onCache: OnCache;
  readonly #fetch: FetchDidJson;
  readonly #limiter: FetchLimiter;
  readonly #pending = new Map<string, Promise<Outcome>>();
  readonly #remembered = new LRUCache<string, Remembered>({
    max: MAX_REMEMBERED,
    maxSize: MAX_REMEMBERED_BYTES,
    sizeCalculation: ({outcome}) => ENTRY_BYTES + ('bytes' in outcome ? outcome.bytes : 0),
  });

  constructor(options: DidWebOptions, {now, onCache}: DidWebDependencies) {
    this.#settings = {...DEFAULTS, ...options};
    this.#now = now;
    this.#onCache = onCache;
    this.#fetch = createDidJsonFetch(this.#settings);
    this.#limiter = new FetchLimiter(this.#settings);
  }

  /** @throws DidError of any refusal */
  async get(did: string, requester?: string): Promise<DidDocument> {
    const location = didWebLocation(did);
    if (!this.#settings.ports.includes(location.port)) throw new DidError('port');
    const known = this.#recall(did) ?? this.#pending.get(did);
    this.#onCache(known === undefined ? 'miss' : 'hit');
    const outcome = await (known ?? this.#resolve(did, location, requester));
    if ('error' in outcome) throw outcome.error;
    return outcome.document;
  }

  /** A clock that was set back forgets rather than keeps. */
  #recall(did: string): Outcome | undefined {
    const remembered = this.#remembered.get(did);
    const now = this.#now();
    if (remembered === undefined || now < remembered.from || now >= remembered.until) return undefined;
    return remembered.outcome;
  }

  #resolve(did: string, location: DidWebLocation, requester?: string): Promise<Outcome> {
    const pending = this.#attempt(did, location, requester).finally(() => this.#pending.delete(did));
    this.#pending.set(did, pending);
    return pending;
  }

  async #attempt(did: string, location: DidWebLocation, requester?: string): Promise<Outcome> {
    const outcome = await this.#load(did, location, requester);
    // That we were busy says nothing about the DID.
    if ('error' in outcome && outcome.error.refusal === 'busy') return outcome;
    const from = this.#now();
    const until = from + ('error' in outcome ? this.#settings.negativeTtlMs : this.#settings.ttlMs);
    this.#remembered.set(did, {outcome, from, until});
    return outcome;
  }

  async #load(did: string, location: DidWebLocation, requester?: string): Promise<Outcome> {
    // Waiting has a time of its own: what a stranger's slow server took is not taken from this one's.
    const {timeoutMs} = this.#settings;
    try {
      const json = await this.#limiter.run(
        AbortSignal.timeout(timeoutMs),
        () => this.#fetch(location, AbortSignal.timeout(timeoutMs)),
        requester,
      );
      return {document: new JsonDidDocument(parseJson(json), did), bytes: json.length};
    } catch (error) {
      if (error instanceof DidError) return {error};
      throw error;
    }
  }
}

function parseJson(json: Buffer): unknown {
  try {
    return parseStrictJson(json, {maxDepth: MAX_JSON_DEPTH});
  } catch (cause) {
    throw new DidError('json', cause);
  }
}
