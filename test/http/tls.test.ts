import {X509Certificate, generateKeyPairSync} from 'node:crypto';
import {chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {connect, type ConnectionOptions, type TLSSocket} from 'node:tls';
import {once} from 'node:events';
import {expect} from 'chai';
import {createSelfSignedCertificate} from '../../lib/http/self-signed-certificate.ts';
import {TlsFilesError, expiryWarning, loadCredentials, loadSelfSigned} from '../../lib/http/tls.ts';
import {send} from '../support/raw-client.ts';
import {startTestServer, stopTestServers} from './test-server.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-22T12:00:00Z');

describe('TLS', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'webkms-tls-'));
  });
  afterEach(async () => {
    await stopTestServers();
    await rm(dir, {recursive: true});
  });

  describe('self-signed certificate', () => {
    it('is a certificate for its hosts, signed by itself, for TLS servers only', async () => {
      const hosts = ['kms.example', 'localhost', '127.0.0.1', '::1', '2001:db8::5'];
      const {cert} = await createSelfSignedCertificate({
        hosts,
        notBefore: NOW,
        notAfter: new Date('2027-12-01T00:00:00Z'),
      });
      const certificate = new X509Certificate(cert);
      expect(certificate.verify(certificate.publicKey)).to.equal(true);
      expect(certificate.ca).to.equal(false);
      expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1']);
      expect(certificate.subjectAltName).to.equal(
        'DNS:kms.example, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:0:5',
      );
      expect(certificate.validFromDate).to.deep.equal(NOW);
      expect(certificate.validToDate).to.deep.equal(new Date('2027-12-01T00:00:00Z'));
      expect(certificate.publicKey.asymmetricKeyDetails).to.deep.equal({namedCurve: 'prime256v1'});
    });

    it('has a serial number and a key of its own every time', async () => {
      const options = {hosts: ['localhost'], notBefore: NOW, notAfter: NOW};
      const [a, b] = [await createSelfSignedCertificate(options), await createSelfSignedCertificate(options)];
      expect(new X509Certificate(a.cert).serialNumber).not.to.equal(new X509Certificate(b.cert).serialNumber);
      expect(a.key).not.to.equal(b.key);
    });

    it('writes times from 2050 on as RFC 5280 asks', async () => {
      const notAfter = new Date('2050-01-01T00:00:00Z');
      const {cert} = await createSelfSignedCertificate({hosts: ['localhost'], notBefore: NOW, notAfter});
      expect(new X509Certificate(cert).validToDate).to.deep.equal(notAfter);
      expect(new X509Certificate(cert).raw.includes('20500101000000Z')).to.equal(true);
    });
  });

  describe('self-signed, kept in the data directory', () => {
    it('is made on the first start and kept, the key for the owner only', async () => {
      const data = join(dir, 'data');
      const first = await loadSelfSigned(data, {host: 'kms.example', now: NOW});
      expect(first).to.include({made: true, certPath: join(data, 'tls.crt')});
      expect((await stat(join(data, 'tls.key'))).mode & 0o777).to.equal(0o600);
      expect((await stat(join(data, 'tls.crt'))).mode & 0o777).to.equal(0o644);
      expect((await stat(data)).mode & 0o777).to.equal(0o700);
      const second = await loadSelfSigned(data, {host: 'kms.example', now: NOW});
      expect(second).to.deep.equal({...first, made: false});
      const certificate = new X509Certificate(first.cert);
      const hosts = ['kms.example', 'localhost'].map((host) => certificate.checkHost(host));
      expect(hosts).to.deep.equal(['kms.example', 'localhost']);
      expect(['127.0.0.1', '::1'].map((address) => certificate.checkIP(address))).to.deep.equal([
        '127.0.0.1',
        '::1',
      ]);
      expect((certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / DAY_MS).to.equal(
        397,
      );
    });

    const CHANGES: readonly [
      title: string,
      change: (dir: string) => Promise<unknown>,
      host?: string,
      days?: number,
    ][] = [
      ['it is about to expire', async () => undefined, 'kms.example', 367],
      ['the host is another', async () => undefined, 'other.example'],
      ['the host is an address', async () => undefined, '192.0.2.7'],
      ['the key is gone', (at) => rm(join(at, 'tls.key'))],
      ['the certificate is gone', (at) => rm(join(at, 'tls.crt'))],
      ['the certificate is no certificate', (at) => writeFile(join(at, 'tls.crt'), 'x')],
      ['the key was open to others', (at) => chmod(join(at, 'tls.key'), 0o640)],
      ['the key is another', (at) => writeFile(join(at, 'tls.key'), otherKey())],
    ];
    for (const [title, change, host = 'kms.example', days = 0] of CHANGES) {
      it(`is made again where ${title}`, async () => {
        const first = await loadSelfSigned(dir, {host: 'kms.example', now: NOW});
        await change(dir);
        const now = new Date(NOW.getTime() + days * DAY_MS);
        const second = await loadSelfSigned(dir, {host, now});
        expect(second.made).to.equal(true);
        expect(second.cert).not.to.equal(first.cert);
        expect(await loadSelfSigned(dir, {host, now})).to.deep.equal({...second, made: false});
        expect((await stat(join(dir, 'tls.key'))).mode & 0o777).to.equal(0o600);
      });
    }

    it('is not made again where it cannot be read', async () => {
      await loadSelfSigned(dir, {host: 'kms.example', now: NOW});
      await rm(join(dir, 'tls.crt'));
      await mkdir(join(dir, 'tls.crt'));
      const error: unknown = await loadSelfSigned(dir, {host: 'kms.example', now: NOW}).catch(
        (e: unknown) => e,
      );
      expect(error).to.have.property('code', 'EISDIR');
    });

    it('is kept until 30 days before it expires', async () => {
      await loadSelfSigned(dir, {host: 'kms.example', now: NOW});
      const now = new Date(NOW.getTime() + 365 * DAY_MS);
      expect((await loadSelfSigned(dir, {host: 'kms.example', now})).made).to.equal(false);
    });
  });

  describe('certificate files', () => {
    let cert: string;
    let key: string;
    beforeEach(async () => {
      await loadSelfSigned(dir, {host: 'kms.example', now: NOW});
      [cert, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
    });

    async function refusal(paths: {cert: string; key: string}): Promise<string> {
      const error: unknown = await loadCredentials(paths).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(TlsFilesError);
      return (error as TlsFilesError).message;
    }

    it('are read', async () => {
      const expected = {cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8')};
      expect(await loadCredentials({cert, key})).to.deep.equal(expected);
    });

    it('say when clients will refuse them', async () => {
      const notBefore = new Date('2026-01-01T00:00:00Z');
      const notAfter = new Date('2026-12-31T00:00:00Z');
      const {cert: pem} = await createSelfSignedCertificate({hosts: ['kms.example'], notBefore, notAfter});
      const at = (time: string): string | undefined => expiryWarning(pem, new Date(time));
      expect(at('2025-12-31T23:59:59Z')).to.include('is not valid before 2026-01-01T00:00:00.000Z');
      expect(at('2026-12-16T00:00:00Z')).to.equal(undefined);
      expect(at('2026-12-18T00:00:00Z')).to.include('expires on 2026-12-31T00:00:00.000Z: renew it');
      expect(at('2026-12-31T00:00:01Z')).to.include('has expired on 2026-12-31T00:00:00.000Z');
    });

    it('are refused where they do not belong together, and nothing of them is shown', async () => {
      await writeFile(join(dir, 'other.key'), otherKey());
      expect(await refusal({cert, key: join(dir, 'other.key')})).to.equal(
        'WEBKMS_TLS_KEY is not the key of the certificate in WEBKMS_TLS_CERT.',
      );
      await writeFile(join(dir, 'junk'), 'junk');
      for (const paths of [
        {cert: join(dir, 'junk'), key},
        {cert, key: join(dir, 'junk')},
      ]) {
        expect(await refusal(paths)).to.equal(
          'WEBKMS_TLS_CERT and WEBKMS_TLS_KEY must be PEM files of a certificate and its key.',
        );
      }
      expect(await refusal({cert: join(dir, 'none'), key})).to.equal(
        'WEBKMS_TLS_CERT names a file that cannot be read (ENOENT).',
      );
      expect(await refusal({cert, key: join(dir, 'none')})).to.equal(
        'WEBKMS_TLS_KEY names a file that cannot be read (ENOENT).',
      );
    });
  });

  describe('server', () => {
    it('is trusted by a client that was given the certificate', async () => {
      const credentials = await loadSelfSigned(dir, {host: 'localhost'});
      const {port} = await startTestServer({credentials});
      const request = {method: 'GET', target: '/health/live', headers: [['Host', 'localhost'] as const]};
      expect((await send({port, ca: credentials.cert}, request)).json).to.deep.equal({status: 'ok'});
    });

    it('speaks TLS 1.2 and 1.3, HTTP/1.1, and gives no session tickets', async () => {
      const credentials = await loadSelfSigned(dir, {host: 'localhost'});
      const {port} = await startTestServer({credentials});
      const ca = credentials.cert;
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const socket = await handshake({port, ca, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1']});
        expect(socket.getProtocol()).to.equal(version);
        expect(socket.alpnProtocol).to.equal('http/1.1');
        expect(socket.getTLSTicket()).to.equal(undefined);
        socket.destroy();
      }
      const old = {
        port,
        ca,
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'ALL:@SECLEVEL=0',
      } as const;
      const error: unknown = await handshake(old).catch((thrown: unknown) => thrown);
      expect(error)
        .to.have.property('code')
        .that.matches(/PROTOCOL_VERSION/);
    });

    it('lives on after a client that speaks no TLS', async () => {
      const credentials = await loadSelfSigned(dir, {host: 'localhost'});
      const {port} = await startTestServer({credentials});
      const request = {method: 'GET', target: '/health/live', headers: [['Host', 'localhost'] as const]};
      const error: unknown = await send({port}, request).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('name', 'ConnectionClosedError');
      expect((await send({port, ca: credentials.cert}, request)).status).to.equal(200);
    });
  });
});

function otherKey(): string {
  return generateKeyPairSync('ec', {namedCurve: 'P-256'})
    .privateKey.export({type: 'pkcs8', format: 'pem'})
    .toString();
}

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({host: '127.0.0.1', servername: 'localhost', ...options});
  await once(socket, 'secureConnect');
  return socket;
}
