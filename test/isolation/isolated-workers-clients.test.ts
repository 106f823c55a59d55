import {readFileSync} from 'node:fs';
import {Agent} from 'node:https';
import {join} from 'node:path';
import {describeKeyTypes} from '../official-clients/key-types.suite.ts';
import {OfficialClients} from '../official-clients/official-clients.ts';
import type {StartedClients} from '../official-clients/scene.ts';
import {IsolatedWorkers} from './isolated-workers-scene.ts';

/** Each request comes over a connection of its own: the workers answer in turn. */
class ClientsOfWorkers extends OfficialClients implements StartedClients {
  readonly #server: IsolatedWorkers['server'];

  private constructor({server}: IsolatedWorkers) {
    const ca = readFileSync(join(server.dataDir, 'tls.crt'), 'utf8');
    super({url: server.url, httpsAgent: new Agent({keepAlive: false, ca})});
    this.#server = server;
  }

  static async start(): Promise<ClientsOfWorkers> {
    return new ClientsOfWorkers(await IsolatedWorkers.start());
  }

  stop(): Promise<void> {
    return this.#server.remove();
  }
}

describe('official clients, with keys in a process of their own for each of two workers', function () {
  // It starts five processes.
  this.timeout(60_000);
  describeKeyTypes({name: 'of the software module', start: () => ClientsOfWorkers.start()});
});
