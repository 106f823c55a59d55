import {runServer, type RunServerOptions, type TestServer} from '../support/run-server.ts';
import {OfficialClients} from './official-clients.ts';

/** The official clients, set up to talk to a server. */
export interface StartedClients extends OfficialClients {
  stop(): Promise<void>;
}

/** A server of its own, and the official clients set up to talk to it. */
export class Scene extends OfficialClients implements StartedClients {
  readonly #server: TestServer;

  private constructor(server: TestServer) {
    super({url: server.baseUrl, httpsAgent: server.agent});
    this.#server = server;
  }

  static async start(options?: RunServerOptions): Promise<Scene> {
    return new Scene(await runServer(options));
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}
