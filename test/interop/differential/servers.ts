import type {ListeningServer, WireResponse} from '../../support/raw-client.ts';
import {RawClient} from '../../support/raw-client.ts';
import type {WireRequest} from '../../support/wire.ts';
import type {ReferenceServer} from '../reference-server.ts';

/** Both servers, which are the same to whoever asks: one public host, the same keystores and keys. */
export interface Servers {
  readonly baseUrl: string;
  readonly host: string;
  readonly ours: ListeningServer;
  readonly reference: ReferenceServer;
}

/** Kept-alive connections to both servers. */
export class Lane {
  readonly #ours: RawClient;
  readonly #reference: RawClient;

  constructor({ours, reference}: Pick<Servers, 'ours' | 'reference'>) {
    this.#ours = new RawClient(ours);
    this.#reference = new RawClient(reference);
  }

  async sendToOurs(request: WireRequest | Buffer): Promise<WireResponse> {
    return this.#ours.send(request);
  }

  async sendToReference(request: WireRequest | Buffer): Promise<WireResponse> {
    return this.#reference.send(request);
  }

  close(): void {
    this.#ours.close();
    this.#reference.close();
  }
}
