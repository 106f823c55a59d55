import type {Metrics} from '../../observability/metrics.ts';
import type {Counted, HttpProcess} from '../protocol/key-process-methods.ts';

const TELL_MS = 1000;

/** Counts, and tells the HTTP process now and then, which has the metrics. */
export class CountedMetrics implements Metrics {
  readonly #http: Pick<HttpProcess, 'counted'>;
  readonly #timer: NodeJS.Timeout;
  #hits = 0;
  #misses = 0;
  #events: string[] = [];

  constructor(http: Pick<HttpProcess, 'counted'>) {
    this.#http = http;
    this.#timer = setInterval(() => this.#tell(), TELL_MS).unref();
  }

  request(): void {
    // The HTTP process has the requests, and counts them.
  }

  refusal(): void {
    // As `request`.
  }

  stage(): void {
    // As `request`.
  }

  selfCheck(): void {
    // The HTTP process looks at the files.
  }

  ipcCall(): void {
    // The HTTP process has the socket.
  }

  ipcConnections(): void {
    // As `ipcCall`.
  }

  ipcRefusal(): void {
    // As `ipcCall`.
  }

  /** Of opened keys, which are the only cache that is counted here. */
  cache(_name: string, hit: boolean): void {
    if (hit) this.#hits++;
    else this.#misses++;
  }

  keyLifecycle(event: string): void {
    this.#events.push(event);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const counts: Counted[] = this.#events.map((event) => ({event}));
    if (this.#hits + this.#misses > 0) counts.push({cacheHits: this.#hits, cacheMisses: this.#misses});
    if (counts.length === 0) return;
    this.#hits = this.#misses = 0;
    this.#events = [];
    this.#http.counted(counts).catch(() => undefined);
  }
}
