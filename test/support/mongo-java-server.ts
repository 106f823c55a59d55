import {before} from 'mocha';
import {MongoClient} from 'mongodb';
import {MongodbProtocolServer, installed} from './mongodb-protocol-server.ts';
import {skipFor} from './missing-program.ts';

/** What it holds is in its heap. Compiling well pays where it runs long. */
const JAVA = process.env['WEBKMS_TEST_LONG'] === '1' ? ['-Xmx4g'] : ['-Xmx512m', '-XX:TieredStopAtLevel=1'];

let shared: MongodbProtocolServer | undefined;

/** A mongo-java-server: in memory, so that what it holds is gone when it halts. Its updates are atomic, its replies are not. */
export function createMongoJavaServer(): MongodbProtocolServer {
  return new MongodbProtocolServer('mongo-java-server', () => {
    const folder = installed('mongo-java-server')!;
    return {
      command: 'java',
      args: [...JAVA, '-XX:+UseSerialGC', '-cp', `${folder}:${folder}/*`, 'TestServer'],
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

/**
 * It answers by an index only where that is unique and the filter names just its members, each with a value: to find one key, by its
 * id and the shard key, it reads all keys. With this one, which a MongoDB has no use for, it finds it at once.
 */
export async function indexKeysById(url: string): Promise<void> {
  const client = await MongoClient.connect(url);
  try {
    await client.db().collection('key').createIndex({_id: 1, keystoreId: 1}, {unique: true}, {});
  } finally {
    await client.close();
  }
}

export function needMongoJavaServer(context: Mocha.Context): void {
  if (installed('mongo-java-server') === undefined) {
    skipFor(context, 'mongo-java-server is missing: test/servers/install makes it.');
  }
}
