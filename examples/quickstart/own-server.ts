import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {getCACertificates, setDefaultCACertificates} from 'node:tls';
import {createLogger, loadSettings, startServer} from '../../lib/index.ts';

/** A server that lives as long as the story, and leaves nothing behind. */
export interface OwnServer extends AsyncDisposable {
  /** Its public origin, e.g. `https://localhost:41234`. */
  readonly url: string;
}

/** Starts what `npm start` starts, with other settings: a free port and a temporary data directory. */
export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'webkms-quickstart-'));
  const removeDataDir = (): void => rmSync(dataDir, {recursive: true, force: true});
  // However the story ends.
  process.once('exit', removeDataDir);
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const port = await findFreePort();
  const settings = loadSettings({
    environment: {
      WEBKMS_BASE_URL: `https://localhost:${port}`,
      WEBKMS_LISTEN: `127.0.0.1:${port}`,
      WEBKMS_DATA_DIR: dataDir,
      WEBKMS_LOG_LEVEL: 'error',
    },
  });
  const server = await startServer(settings, {log: createLogger(settings.log)});
  trust(join(dataDir, 'tls.crt'));
  const stop = async (): Promise<void> => {
    await server.close();
    removeDataDir();
  };
  return {url: server.url, [Symbol.asyncDispose]: stop};
}

/**
 * Lets this process trust the certificate that the server made for itself. With a certificate of a known authority
 * nothing of the kind is needed; in other programs, give the clients an `https.Agent` with `ca` as `httpsAgent`.
 */
function trust(certificatePath: string): void {
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certificatePath, 'utf8')]);
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
