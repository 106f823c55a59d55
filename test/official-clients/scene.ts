import {runServer, type RunServerOptions, type TestServer} from '../support/run-server.ts';
import {OfficialClients} from './official-clients.ts';

/** A server of its own, and the official clients set up to talk to it. */
export class Scene extends OfficialClients {
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
