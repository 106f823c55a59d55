import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {connect} from 'node:tls';
import {expect} from 'chai';
import {createSelfSignedCertificate} from '../../lib/http/self-signed-certificate.ts';
import {WorkersServer} from './workers-server.ts';

describe('webkms serve', function () {
  // Each starts a server or two, of three processes each.
  this.timeout(180_000);
  let server: WorkersServer;
  afterEach(() => server.remove());

  it('with workers lets no more through than the rate, over whatever connections', async () => {
    server = await WorkersServer.start({environment: {WEBKMS_RATE_LIMIT: '100/1h'}});
    const codes = await Promise.all(
      Array.from({length: 200}, async () => (await server.get('/health/live')).status),
    );
    const accepted = codes.filter((code) => code === 200).length;
    expect(accepted).to.be.within(88, 100);
    expect(codes.filter((code) => code === 429)).to.have.lengthOf(200 - accepted);
    // New workers bring no new allowance.
    server.child.kill('SIGHUP');
    await server.said('all workers are new');
    const more = await Promise.all(
      Array.from({length: 40}, async () => (await server.get('/health/live')).status),
    );
    expect(accepted + more.filter((code) => code === 200).length).to.be.lessThanOrEqual(100);
  });

  for (const workers of ['1', '2']) {
    it(`with WEBKMS_WORKERS=${workers} has new connections begin with the certificate that lies there at SIGHUP`, async () => {
      const dir = await makeFiles('one.example');
      const environment = {
        WEBKMS_WORKERS: workers,
        WEBKMS_TLS: 'files',
        WEBKMS_TLS_CERT: join(dir, 'cert.pem'),
        WEBKMS_TLS_KEY: join(dir, 'key.pem'),
        WEBKMS_LOG_FILE: join(dir, 'webkms.log'),
      };
      server = await WorkersServer.start({dir, environment});
      expect(await subjects()).to.deep.equal(new Set(['one.example']));
      const log = join(dir, 'webkms.log');
      const done = workers === '1' ? 'were opened again' : 'all workers are new';

      await makeFiles('two.example', dir);
      renameSync(log, `${log}.1`);
      server.child.kill('SIGHUP');
      await server.until(() => existsSync(log) && readFileSync(log, 'utf8').includes(done));
      expect(await subjects()).to.deep.equal(new Set(['two.example']));

      // What cannot be used is not: the server goes on with what it has.
      await new Promise((resolve) => setTimeout(resolve, 600));
      writeFileSync(join(dir, 'cert.pem'), 'no certificate');
      server.child.kill('SIGHUP');
      const refused = workers === '1' ? 'cannot be renewed' : 'the restart was given up';
      await server.until(() => readFileSync(log, 'utf8').includes(refused));
      expect(await subjects()).to.deep.equal(new Set(['two.example']));
    });
  }

  async function subjects(): Promise<Set<string>> {
    const found = new Set<string>();
    for (let i = 0; i < 6; i++) {
      const socket = connect({host: '127.0.0.1', port: server.port, rejectUnauthorized: false});
      await once(socket, 'secureConnect');
      found.add(String(socket.getPeerX509Certificate()?.subjectAltName?.split(', ')[0]?.replace('DNS:', '')));
      socket.destroy();
    }
    return found;
  }
});

async function makeFiles(host: string, dir?: string): Promise<string> {
  const child = dir ?? mkdtempSync(join(tmpdir(), 'webkms-workers-'));
  const {cert, key} = await createSelfSignedCertificate({
    hosts: [host],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  });
  writeFileSync(join(child, 'cert.pem'), cert);
  writeFileSync(join(child, 'key.pem'), key);
  return child;
}
