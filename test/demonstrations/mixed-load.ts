import {RawClient, type WireRequest, type WireResponse} from '../support/signed-request.ts';
import {generating, signing, type PopulatedKeystore, type PopulatedServer} from './population.ts';

/** One request, and when it was (milliseconds of the process's clock). */
export interface Answer extends Pick<WireResponse, 'status' | 'headers' | 'json'> {
  readonly kind: 'sign' | 'generate';
  /** The key, of a signature. */
  readonly key?: string;
  readonly began: number;
  readonly ended: number;
}

const SIGNERS = 6;

/** Clients that sign, and one that generates keys: each sends its next request as soon as it has an answer. */
export class MixedLoad {
  readonly answers: Answer[] = [];
  readonly #server: PopulatedServer;
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(server: PopulatedServer, keystores: readonly PopulatedKeystore[]) {
    this.#server = server;
    const keys = keystores.flatMap((keystore) => keystore.keys);
    const sign = (
      index: number,
    ): Omit<Answer, keyof WireResponse | 'began' | 'ended'> & {request: WireRequest} => {
      const key = keys[index % keys.length]!;
      return {kind: 'sign', key, request: signing(key)};
    };
    const generate = () => ({kind: 'generate' as const, request: generating(keystores[0]!.id)});
    this.#running = Promise.all([
      ...Array.from({length: SIGNERS}, (_, worker) => this.#run((index) => sign(index * SIGNERS + worker))),
      this.#run(generate),
    ]);
  }

  /** @throws where a request had no answer at all */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(
    next: (index: number) => {kind: Answer['kind']; key?: string; request: WireRequest},
  ): Promise<void> {
    const client = new RawClient(this.#server);
    try {
      for (let index = 0; !this.#ending.signal.aborted; index++) {
        const {request, ...what} = next(index);
        const began = performance.now();
        const {status, headers, json} = await client.send(request);
        this.answers.push({...what, status, headers, json, began, ended: performance.now()});
      }
    } finally {
      client.close();
    }
  }
}
