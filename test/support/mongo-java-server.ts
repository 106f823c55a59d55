import {before} from 'mocha';
import {MongodbProtocolServer, installed} from './mongodb-protocol-server.ts';
import {skipFor} from './missing-program.ts';

/** What it holds is in its heap. */
const HEAP = process.env['WEBKMS_TEST_LONG'] === '1' ? '-Xmx4g' : '-Xmx512m';

let shared: MongodbProtocolServer | undefined;

/** A mongo-java-server: in memory, so that what it holds is gone when it halts. Its updates are atomic. */
export function createMongoJavaServer(): MongodbProtocolServer {
  return new MongodbProtocolServer('mongo-java-server', () => {
    const folder = installed('mongo-java-server')!;
    return {
      command: 'java',
      args: [
        HEAP,
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-cp',
        `${folder}:${folder}/*`,
        'TestServer',
      ],
    };
  });
}

/** To be called in a `describe`: its tests have the one server of the process, or are skipped where it is missing. */
export function useMongoJavaServer(): MongodbProtocolServer {
  const server = (shared ??= createMongoJavaServer());
  before('mongo-java-server', async function () {
    needMongoJavaServer(this);
    this.timeout(60_000);
    await server.ensureStarted();
  });
  return server;
}

export function needMongoJavaServer(context: Mocha.Context): void {
  if (installed('mongo-java-server') === undefined) {
    skipFor(context, 'mongo-java-server is missing: test/servers/install makes it.');
  }
}
