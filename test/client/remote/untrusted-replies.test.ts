import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import {createServer as createPlainServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {expect} from 'chai';
import {KmsConnectionError, UnexpectedReplyError} from '../../../lib/client/client-errors.ts';
import {RemoteKms} from '../../../lib/client/remote/remote-kms.ts';
import {NotFoundError, RateLimitError} from '../../../lib/errors.ts';
import {freePort} from '../../crash/free-port.ts';
import {controller} from '../../support/did-key.ts';
import {testCertificate, type TestCertificate} from '../../support/test-certificate.ts';
import {refused} from '../refused.ts';

const {signer} = controller('untrusted replies');
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, {'content-type': 'application/json', ...headers});
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const errorBody = (status: number, name: string) => ({name, status, message: 'Said so.', type: name});

/** A server that answers what the test tells it to. */
describe('RemoteKms, of a server that cannot be trusted', () => {
  let certificate: TestCertificate;
  let server: Server;
  let port: number;
  let kms: RemoteKms;
  let answer: Answer;
  let requests: string[];
  const keyId = (): string => `${kms.serviceIdentifier}/keys/z1`;
  const connect = async (url: string, ca = certificate.cert): Promise<RemoteKms> =>
    RemoteKms.connect({keystoreId: `${url}/kms/keystores/z1`, signer, ca});

  before(async () => {
    certificate = await testCertificate();
    server = createServer({cert: certificate.cert, key: certificate.key}, (request, response) => {
      requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      answer(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    ({port} = server.address() as AddressInfo);
  });
  beforeEach(async () => {
    requests = [];
    kms = await connect(`https://localhost:${port}`);
  });
  afterEach(() => kms.destroy());
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('believes an error that is one, and no other', async () => {
    answer = json(404, errorBody(404, 'NotFoundError'));
    expect(await refused(kms.getKey(keyId()))).to.be.instanceOf(NotFoundError);
    answer = json(429, errorBody(429, 'RateLimitError'), {'retry-after': '7'});
    const limited = await refused(kms.getKey(keyId()));
    expect(limited).to.be.instanceOf(RateLimitError).and.include({retryAfterSeconds: 7});
    for (const [status, body] of [
      [404, errorBody(409, 'NotFoundError')],
      [404, errorBody(404, 'SomeError')],
      [404, errorBody(404, 'constructor')],
      [418, errorBody(418, 'NotFoundError')],
      [404, {...errorBody(404, 'NotFoundError'), message: 7}],
      [404, {...errorBody(404, 'NotFoundError'), details: 'text'}],
      [400, {...errorBody(400, 'ValidationError'), details: {errors: 'text'}}],
      [500, '"text"'],
      [500, ''],
      [302, ''],
    ] as const) {
      answer = json(status, body, {location: `https://localhost:${port}/elsewhere`});
      expect(await refused(kms.getKey(keyId())), JSON.stringify(body)).to.be.instanceOf(UnexpectedReplyError);
    }
    expect(requests.filter((request) => request.includes('elsewhere'))).to.deep.equal([]);
  });

  it('believes no page of a proxy', async () => {
    answer = (_request, response) => {
      response.writeHead(502, {'content-type': 'text/html'});
      response.end('<h1>Bad Gateway</h1>');
    };
    const error = await refused(kms.getKey(keyId()));
    expect(error).to.be.instanceOf(UnexpectedReplyError);
    expect(error.message).to.include('502').and.include('proxy').and.not.include('Gateway');
  });

  it('takes no reply for what was asked that is something else', async () => {
    for (const body of [
      '[]',
      'null',
      '{}',
      '{"signatureValue": 7}',
      '{"signatureValue": "a+b"}',
      '{"signature',
      '',
    ]) {
      answer = json(200, body);
      expect(await refused(kms.sign(keyId(), Buffer.alloc(1))), body).to.be.instanceOf(UnexpectedReplyError);
    }
    answer = json(200, '{"signatureValue": "AA", "signatureValue": "AQ"}');
    expect(await refused(kms.sign(keyId(), Buffer.alloc(1)))).to.be.instanceOf(UnexpectedReplyError);
    answer = json(200, '{"signatureValue": "AA", "keyVersion": 0}');
    expect(await refused(kms.sign(keyId(), Buffer.alloc(1)))).to.be.instanceOf(UnexpectedReplyError);
    answer = json(200, '{"signatureValue": "AA", "more": true}');
    expect((await kms.sign(keyId(), Buffer.alloc(1))).signature).to.have.length(1);
    answer = json(200, '{"verified": "true"}');
    expect(await refused(kms.verify(keyId(), Buffer.alloc(1), Buffer.alloc(1)))).to.be.instanceOf(
      UnexpectedReplyError,
    );
  });

  it('takes nothing for a ciphertext or a data key that cannot be one', async () => {
    const data = Buffer.from('x');
    const [ciphertext, plaintext] = ['webkms:v1:AAAA', Buffer.alloc(32).toString('base64url')];
    const ask = {
      encrypt: () => kms.encrypt(keyId(), data),
      rewrap: () => kms.rewrap(keyId(), ciphertext),
      generateDataKey: () => kms.generateDataKey(keyId()),
    };
    for (const [name, run] of Object.entries(ask)) {
      answer = json(200, {ciphertext, plaintext});
      await run();
      for (const other of ['x', 'webkms:v0:AAAA', 'webkms:v1:\u001b[2J', `${ciphertext}\n`, '']) {
        answer = json(200, {ciphertext: other, plaintext});
        expect(await refused(run()), `${name} ${other}`).to.be.instanceOf(UnexpectedReplyError);
      }
    }
    for (const short of ['', 'AAAA', Buffer.alloc(33).toString('base64url')]) {
      answer = json(200, {ciphertext, plaintext: short});
      expect(await refused(ask.generateDataKey()), short).to.be.instanceOf(UnexpectedReplyError);
    }
    expect((await kms.generateDataKey(keyId(), {numberOfBytes: 33})).plaintext).to.have.length(33);
  });

  it('does not wait for the reply of a server that changes the protocol', async () => {
    answer = (_request, response) => {
      response.writeHead(101, {connection: 'upgrade', upgrade: 'x'});
      response.end();
    };
    expect(await refused(kms.getKey(keyId()))).to.be.instanceOf(UnexpectedReplyError);
  });

  it('takes no description of another key, or of none', async () => {
    const metadata = {
      keyId: keyId(),
      keyType: 'AesKeyWrappingKey2019',
      state: 'active',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
      origin: 'generated',
      currentVersion: 1,
      versions: [{version: 1, createdAt: '2026-01-01T00:00:00Z', status: 'active'}],
      operations: ['wrapKey', 'unwrapKey'],
    };
    const description = {id: keyId(), type: 'AesKeyWrappingKey2019'};
    answer = json(200, {...description, metadata});
    expect((await kms.getKey(keyId())).shortName).to.equal('aes-kw-256');
    for (const change of [
      {keyId: `${kms.serviceIdentifier}/keys/z2`},
      {keyId: undefined},
      {keyType: 'SomeKey2019'},
      {keyType: '__proto__'},
      {currentVersion: 2},
      {versions: []},
      {versions: [{...metadata.versions[0], version: -1}]},
      {operations: 'wrapKey'},
      {origin: 'stolen'},
      {tags: {name: 7}},
      {policy: {rate: {uses: 'many'}}},
      {policy: {exportable: 'yes'}},
    ]) {
      answer = json(200, {...description, metadata: {...metadata, ...change}});
      expect(await refused(kms.getKey(keyId())), JSON.stringify(change)).to.be.instanceOf(
        UnexpectedReplyError,
      );
    }
    answer = json(200, {results: [{...description, metadata: {...metadata, tags: {name: 'other'}}}]});
    expect(await refused(kms.getKey('name:mine'))).to.be.instanceOf(UnexpectedReplyError);
    answer = json(200, {results: [{...description, metadata: {...metadata, tags: {name: 'mine'}}}]});
    expect((await kms.getKey('name:mine')).kid).to.equal(keyId());
    const elsewhere = {
      ...metadata,
      keyId: 'https://elsewhere.example/kms/keystores/z1/keys/z1',
      tags: {name: 'mine'},
    };
    answer = json(200, {results: [{...description, metadata: elsewhere}]});
    expect(await refused(kms.getKey('name:mine'))).to.be.instanceOf(UnexpectedReplyError);
  });

  it('takes no public key that is not the one described', async () => {
    const [first, second] = [controller('first').publicKeyMultibase, controller('second').publicKeyMultibase];
    const describe = (described: string, inMetadata: string) => ({
      id: keyId(),
      type: 'Ed25519VerificationKey2020',
      publicKeyMultibase: described,
      metadata: {
        ...{keyId: keyId(), keyType: 'Ed25519VerificationKey2020', state: 'active', origin: 'generated'},
        ...{createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z', currentVersion: 1},
        versions: [
          {version: 1, createdAt: '2026-01-01T00:00:00Z', status: 'active', publicKeyMultibase: inMetadata},
        ],
        operations: ['sign', 'verify'],
      },
    });
    answer = json(200, describe(first, first));
    expect((await kms.getPublicKey(keyId())).jwk.crv).to.equal('Ed25519');
    for (const body of [describe(first, second), describe('z6Mk', 'z6Mk'), describe('', '')]) {
      answer = json(200, body);
      expect(await refused(kms.getPublicKey(keyId()))).to.be.instanceOf(UnexpectedReplyError);
    }
  });

  it('does not follow a list in a circle, nor a new key to somewhere else', async () => {
    answer = json(200, {results: [], cursor: 'again'});
    expect(await refused(kms.getPublicKeys())).to.be.instanceOf(UnexpectedReplyError);
    expect(requests).to.have.length(2);
    requests = [];
    answer = json(200, {keyId: `https://localhost:${port}/kms/keystores/z2/keys/z1`});
    expect(await refused(kms.createKey('aes256'))).to.be.instanceOf(UnexpectedReplyError);
    expect(requests).to.deep.equal(['POST /kms/keystores/z1/keys']);
  });

  it('reads no reply that is longer than any', async () => {
    answer = (_request, response) => {
      response.writeHead(200, {'content-type': 'application/json'});
      const chunk = Buffer.alloc(1024 * 1024, 0x20);
      const send = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', send);
      send();
    };
    expect(await refused(kms.getKey(keyId()))).to.be.instanceOf(UnexpectedReplyError);
  });

  it('asks once more for what it reads where a connection was closed, and never for a change', async () => {
    let broken = 0;
    const breaking: Answer = (request, response) => {
      if (broken-- > 0) request.socket.destroy();
      else json(404, errorBody(404, 'NotFoundError'))(request, response);
    };
    answer = breaking;
    expect(await refused(kms.getKey(keyId()))).to.be.instanceOf(NotFoundError);
    requests = [];
    broken = 1;
    expect(await refused(kms.getKey(keyId()))).to.be.instanceOf(NotFoundError);
    expect(requests).to.have.length(2);
    requests = [];
    broken = 2;
    expect(await refused(kms.getKey(keyId()))).to.be.instanceOf(KmsConnectionError);
    expect(requests).to.have.length(2);
    broken = 0;
    await refused(kms.getKey(keyId()));
    requests = [];
    broken = 1;
    const error = await refused(kms.rotateKey(keyId()));
    expect(error).to.be.instanceOf(KmsConnectionError);
    expect(error.message).to.include('may have been done or not');
    expect(requests).to.have.length(1);
  });

  it('says what to look at where nobody answers', async () => {
    const plain = createPlainServer((_request, response) => response.end('{}'));
    await new Promise<void>((listening) => plain.listen(0, '127.0.0.1', listening));
    const other = await testCertificate();
    answer = json(404, errorBody(404, 'NotFoundError'));
    for (const [url, ca, advice] of [
      [`https://localhost:${await freePort()}`, certificate.cert, /nothing listens there/],
      [`https://localhost:${(plain.address() as AddressInfo).port}`, certificate.cert, /does not speak TLS/],
      [`https://localhost:${port}`, other.cert, /certificate of the server is not trusted/],
      [`https://127.0.0.2:${port}`, certificate.cert, /nothing listens there|is for another name/],
    ] as const) {
      const connected = await connect(url, ca);
      const error = await refused(connected.getKey(`${connected.serviceIdentifier}/keys/z1`));
      expect(error, url).to.be.instanceOf(KmsConnectionError);
      expect(error.message).to.match(advice).and.include(new URL(url).host);
      await connected.destroy();
    }
    plain.close();
  });
});
