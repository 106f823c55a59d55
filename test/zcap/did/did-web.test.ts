import {once} from 'node:events';
import {createServer as createPlainServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {gzipSync} from 'node:zlib';
import {expect} from 'chai';
import type {DidRefusal} from '../../../lib/zcap/did/did-error.ts';
import {createDidResolver, type DidResolver} from '../../../lib/zcap/did/did-resolver.ts';
import {alice, didDocument, methodNode} from './did-documents.ts';
import {DidWebServer, type Handler, HOST} from './did-web-server.ts';
import {expectUnresolved} from './expect-did-refusal.ts';

describe('did:web', () => {
  let server: DidWebServer;
  let did: string;
  const resolve = (resolver: DidResolver, of = did) =>
    resolver.verificationMethod(`${of}#key-1`, 'capabilityInvocation');

  beforeEach(async () => {
    server = new DidWebServer();
    await server.start();
    did = server.did();
    server.serve(didDocument(did));
  });
  afterEach(async () => server.stop());

  /** The twin of every refusal: the same server, a fresh resolver and nothing wrong. */
  async function expectResolved(resolver = server.resolver()): Promise<void> {
    const method = await resolve(resolver);
    expect(method).to.include({id: `${did}#key-1`, controller: did});
    expect(method.keyObject.equals(alice.publicKey)).to.equal(true);
  }

  it('R51 fetches a document from its well-known place', async () => {
    await expectResolved();
    expect(server.requests).to.deep.equal(['GET /.well-known/did.json']);
  });

  it('R51 fetches a document from a path', async () => {
    const user = server.did(':user:alice');
    server.serve(didDocument(user));
    expect((await resolve(server.resolver(), user)).controller).to.equal(user);
    expect(server.requests).to.deep.equal(['GET /user/alice/did.json']);
  });

  it('R51 is off by default', async () => {
    await expectUnresolved(resolve(createDidResolver()), 'disabled');
    const {port, ca} = server;
    const off = createDidResolver({didWeb: {enabled: false, ports: [port], ca}});
    await expectUnresolved(resolve(off), 'disabled');
    expect(server.connections).to.equal(0);
    await expectResolved();
  });

  it('R51 connects to ports of the list only, 443 by default', async () => {
    await expectUnresolved(resolve(server.resolver({ports: [443]})), 'port');
    await expectUnresolved(resolve(server.resolver({ports: []})), 'port');
    await expectUnresolved(resolve(server.resolver(), `did:web:${HOST}`), 'port');
    const defaults = createDidResolver({didWeb: {enabled: true, ca: server.ca}});
    await expectUnresolved(resolve(defaults), 'port');
    expect(server.connections).to.equal(0);
    await expectResolved(server.resolver({ports: [443, server.port]}));
  });

  it('R51 refuses a malformed domain before anything is looked up', async () => {
    let lookups = 0;
    const resolver = server.resolver({resolveAddresses: async () => (lookups++, ['127.0.0.1'])});
    for (const domain of ['user%40issuer.example', 'issuer.example%2F', '127.0.0.1', 'localhost']) {
      await expectUnresolved(resolve(resolver, `did:web:${domain}`), 'syntax');
    }
    expect(lookups).to.equal(0);
    await expectResolved(resolver);
    expect(lookups).to.equal(1);
  });

  describe('addresses', () => {
    const addresses = (...answer: string[]) => server.resolver({resolveAddresses: async () => answer});

    it('R51 refuses every address that is not public', async () => {
      const {port, ca} = server;
      const hostile = [
        '127.0.0.1',
        '::1',
        '10.0.0.1',
        '169.254.169.254',
        '100.64.0.1',
        '::ffff:127.0.0.1',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
        '0.0.0.0',
      ];
      for (const address of hostile) {
        const resolver = createDidResolver({
          didWeb: {enabled: true, ports: [port], ca, resolveAddresses: async () => [address]},
        });
        await expectUnresolved(resolve(resolver), 'address');
      }
      expect(server.connections).to.equal(0);
      await expectResolved();
    });

    it('R51 refuses a name that has a private address among its public ones', async () => {
      await expectUnresolved(resolve(addresses('127.0.0.1', '10.0.0.1')), 'address');
      await expectUnresolved(resolve(addresses('10.0.0.1', '127.0.0.1')), 'address');
      expect(server.connections).to.equal(0);
      await expectResolved(addresses('127.0.0.1', '127.0.0.1'));
    });

    it('R51 refuses a name without address', async () => {
      await expectUnresolved(resolve(addresses()), 'dns');
      await expectResolved(addresses('127.0.0.1'));
    });

    it('R51 connects to the address that was checked, though the name server changes its mind', async () => {
      const answers = ['127.0.0.1', '127.0.0.2', '127.0.0.2'];
      const asked: string[] = [];
      let now = 0;
      const resolver = server.resolver(
        {resolveAddresses: async (host) => (asked.push(host), [answers[asked.length - 1]!])},
        {now: () => now},
      );
      await expectResolved(resolver);
      expect(asked).to.deep.equal([HOST]);
      now += 60_000;
      await expectUnresolved(resolve(resolver), 'address');
      expect(asked).to.deep.equal([HOST, HOST]);
      expect(server.connections).to.equal(1);
    });

    it('R51 asks no other resolver than its own', async () => {
      // The name is reserved (RFC 2606): nothing but the pinned lookup can have led here.
      await expectResolved(addresses('127.0.0.1'));
      expect(server.connections).to.equal(1);
    });
  });

  describe('connections', () => {
    it('R51 refuses a certificate of another name', async () => {
      const other = new DidWebServer('other.example');
      await other.start();
      try {
        other.serve(didDocument(other.did()));
        await expectUnresolved(resolve(other.resolver(), other.did()), 'connection');
        expect(other.requests).to.deep.equal([]);
      } finally {
        await other.stop();
      }
      await expectResolved();
    });

    it('R51 refuses a certificate of an unknown authority, whatever the environment says', async () => {
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      const emitWarning = process.emitWarning.bind(process);
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      process.emitWarning = () => undefined;
      try {
        const {port} = server;
        const resolver = createDidResolver({
          didWeb: {
            enabled: true,
            ports: [port],
            resolveAddresses: async () => ['127.0.0.1'],
            allowAddress: () => true,
          },
        });
        await expectUnresolved(resolve(resolver), 'connection');
      } finally {
        process.emitWarning = emitWarning;
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
      }
      expect(server.requests).to.deep.equal([]);
      await expectResolved();
    });

    it('R51 speaks HTTPS only', async () => {
      const plain = createPlainServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const {port} = plain.address() as AddressInfo;
      const plainDid = `did:web:${HOST}%3A${port}`;
      await expectUnresolved(resolve(server.resolver({ports: [port]}), plainDid), 'connection');
      plain.closeAllConnections();
      plain.close();
      await expectResolved();
    });

    it('R51 refuses where nobody listens', async () => {
      const gone = new DidWebServer();
      await gone.start();
      const {port} = gone;
      await gone.stop();
      await expectUnresolved(
        resolve(server.resolver({ports: [port]}), `did:web:${HOST}%3A${port}`),
        'connection',
      );
      await expectResolved();
    });
  });

  describe('replies', () => {
    const json = (response: Parameters<Handler>[1], status = 200, headers: Record<string, string> = {}) =>
      response.writeHead(status, {'content-type': 'application/did+json', ...headers});
    const text = () => JSON.stringify(didDocument(did));
    const padded = (bytes: number) => text() + ' '.repeat(bytes - text().length);

    const refusals: readonly [what: string, refusal: DidRefusal, handler: Handler][] = [
      [
        'a redirect to elsewhere',
        'redirect',
        (_q, r) => json(r, 302, {location: 'https://other.example/did.json'}).end(),
      ],
      ['a redirect to itself', 'redirect', ({url}, r) => json(r, 308, {location: url ?? ''}).end(text())],
      ['a 304', 'redirect', (_q, r) => json(r, 304).end()],
      ['a 404', 'status', (_q, r) => json(r, 404).end(text())],
      ['a 201', 'status', (_q, r) => json(r, 201).end(text())],
      ['a 206', 'status', (_q, r) => json(r, 206).end(text())],
      ['a 500', 'status', (_q, r) => json(r, 500).end(text())],
      ['HTML', 'content-type', (_q, r) => json(r, 200, {'content-type': 'text/html'}).end(text())],
      ['plain text', 'content-type', (_q, r) => json(r, 200, {'content-type': 'text/plain'}).end(text())],
      ['no content type', 'content-type', (_q, r) => r.writeHead(200).end(text())],
      [
        'another charset',
        'content-type',
        (_q, r) => json(r, 200, {'content-type': 'application/json; charset=utf-16'}).end(text()),
      ],
      [
        'a content coding',
        'content-type',
        (_q, r) => json(r, 200, {'content-encoding': 'gzip'}).end(gzipSync(text())),
      ],
      [
        'a length of more than 64 KB',
        'size',
        (_q, r) => json(r, 200, {'content-length': '65537'}).end(padded(65_537)),
      ],
      [
        'a length that is a lie of terabytes',
        'size',
        (_q, r) => json(r, 200, {'content-length': '1099511627776'}).write(text()),
      ],
      [
        'more than 64 KB in chunks',
        'size',
        (_q, r) => (json(r).write(padded(40_000)), r.end(padded(25_537))),
      ],
      [
        'headers of more than 16 KB',
        'connection',
        (_q, r) => json(r, 200, {'x-filler': 'x'.repeat(17_000)}).end(text()),
      ],
      ['a connection that ends before the reply', 'connection', (q) => q.socket.destroy()],
      [
        'a connection that ends within the reply',
        'connection',
        (q, r) => json(r, 200, {'content-length': '60000'}).write(text(), () => q.socket.destroy()),
      ],
      [
        'an HTTP syntax error',
        'connection',
        (q) => q.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'),
      ],
      [
        'a switch of protocols',
        'timeout',
        (q) =>
          q.socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      ],
      ['silence', 'timeout', () => undefined],
      ['silence after the headers', 'timeout', (_q, r) => json(r).flushHeaders()],
      ['silence within the body', 'timeout', (_q, r) => json(r).write(text().slice(0, 20))],
      ['a body that is not JSON', 'json', (_q, r) => json(r).end('did')],
      ['an empty body', 'json', (_q, r) => json(r).end()],
      ['a key twice', 'json', (_q, r) => json(r).end(text().replace('{', `{"id":"${did}",`))],
      ['bytes that are not UTF-8', 'json', (_q, r) => json(r).end(Buffer.from(text(), 'utf16le'))],
      ['JSON that is deep', 'json', (_q, r) => json(r).end('['.repeat(33) + ']'.repeat(33))],
      [
        "somebody else's document",
        'document',
        (_q, r) => json(r).end(JSON.stringify(didDocument(did, {id: `did:web:${HOST}`}))),
      ],
      ['a list', 'document', (_q, r) => json(r).end(`[${text()}]`)],
    ];
    for (const [what, refusal, handler] of refusals) {
      it(`R51 refuses ${what}`, async () => {
        server.handler = handler;
        const quick = refusal === 'timeout' ? {timeoutMs: 300} : {};
        await expectUnresolved(resolve(server.resolver(quick)), refusal);
        // On a busy machine the time can be over before the request is there.
        if (refusal !== 'timeout') expect(server.requests).to.have.length(1);
        server.serve(didDocument(did));
        await expectResolved();
      });
    }

    it('R51 refuses a name server that does not answer', async () => {
      const mute = server.resolver({timeoutMs: 50, resolveAddresses: () => new Promise(() => undefined)});
      await expectUnresolved(resolve(mute), 'timeout');
      await expectResolved();
    });

    it('R51 refuses a name server that fails', async () => {
      const failing = server.resolver({resolveAddresses: () => Promise.reject(new Error('SERVFAIL'))});
      await expectUnresolved(resolve(failing), 'connection');
      await expectResolved();
    });

    it('R51 reads 64 KB to the last byte', async () => {
      for (const handler of [
        (_q, r) => json(r, 200, {'content-length': '65536'}).end(padded(65_536)),
        (_q, r) => (json(r).write(text()), r.end(' '.repeat(65_536 - text().length))),
      ] satisfies Handler[]) {
        server.handler = handler;
        await expectResolved();
      }
    });

    for (const type of [
      'application/did+json',
      'application/did+ld+json',
      'application/json',
      'Application/JSON; charset=UTF-8',
      'application/json;charset="utf-8"',
    ]) {
      it(`R51 takes ${type}`, async () => {
        server.serve(didDocument(did), {'content-type': type});
        await expectResolved();
      });
    }
  });

  describe('relationships', () => {
    const otherDid = () => server.did(':other');
    /** Serves each document at its own path. */
    function serveBoth(document: unknown, other: unknown): void {
      server.handler = ({url}, response) => {
        response.writeHead(200, {'content-type': 'application/did+json'});
        response.end(JSON.stringify(url === '/other/did.json' ? other : document));
      };
    }

    it('R9 refuses a key that is listed for another purpose', async () => {
      server.serve(
        didDocument(did, {
          capabilityInvocation: undefined,
          authentication: [`${did}#key-1`],
          assertionMethod: [`${did}#key-1`],
        }),
      );
      const resolver = server.resolver();
      await expectUnresolved(resolve(resolver), 'relationship');
      const delegating = await resolver.verificationMethod(`${did}#key-1`, 'capabilityDelegation');
      expect(delegating.controller).to.equal(did);
    });

    it('R9 refuses a key of authentication alone, defined in its place', async () => {
      server.serve({id: did, authentication: [methodNode(did)]});
      await expectUnresolved(resolve(server.resolver()), 'relationship');
      server.serve({id: did, capabilityInvocation: [methodNode(did)]});
      await expectResolved();
    });

    it('R9 refuses a method that is not in the document', async () => {
      const resolver = server.resolver();
      await expectUnresolved(
        resolver.verificationMethod(`${did}#key-2`, 'capabilityInvocation'),
        'not-found',
      );
      await expectUnresolved(resolver.verificationMethod(did, 'capabilityInvocation'), 'not-found');
      await expectResolved(resolver);
    });

    it('R9 refuses a method that claims a foreign did:web controller, unless its document lists it', async () => {
      const claiming = didDocument(did, {verificationMethod: [methodNode(did, {controller: otherDid()})]});
      serveBoth(claiming, didDocument(otherDid()));
      await expectUnresolved(resolve(server.resolver()), 'relationship');
      expect(server.requests).to.deep.equal(['GET /.well-known/did.json', 'GET /other/did.json']);

      serveBoth(claiming, didDocument(otherDid(), {capabilityInvocation: [`${did}#key-1`]}));
      const resolver = server.resolver();
      expect(await resolve(resolver)).to.include({id: `${did}#key-1`, controller: otherDid()});
      await expectUnresolved(
        resolver.verificationMethod(`${did}#key-1`, 'capabilityDelegation'),
        'relationship',
      );
    });

    it('R9 refuses a method that claims a did:key as its controller, without a fetch', async () => {
      server.serve(didDocument(did, {verificationMethod: [methodNode(did, {controller: alice.did})]}));
      await expectUnresolved(resolve(server.resolver()), 'relationship');
      expect(server.requests).to.have.length(1);
    });

    it('R9 refuses a method whose controller cannot be resolved', async () => {
      for (const [controller, refusal] of [
        ['did:example:1', 'method'],
        ['did:web:localhost', 'syntax'],
        [`did:web:${HOST}`, 'port'],
      ] as const) {
        server.serve(didDocument(did, {verificationMethod: [methodNode(did, {controller})]}));
        await expectUnresolved(resolve(server.resolver()), refusal);
      }
      server.serve(didDocument(did));
      await expectResolved();
    });

    it('R9 fetches two documents at most', async () => {
      const third = server.did(':third');
      const other = didDocument(otherDid(), {
        verificationMethod: [methodNode(otherDid(), {controller: third})],
        capabilityInvocation: [`${did}#key-1`],
      });
      serveBoth(didDocument(did, {verificationMethod: [methodNode(did, {controller: otherDid()})]}), other);
      expect((await resolve(server.resolver())).controller).to.equal(otherDid());
      expect(server.requests).to.deep.equal(['GET /.well-known/did.json', 'GET /other/did.json']);
    });

    it('R9 respects revocation and expiry, by its own clock', async () => {
      let now = Date.parse('2026-11-22T12:00:00Z');
      server.serve(
        didDocument(did, {verificationMethod: [methodNode(did, {expires: '2026-11-22T12:00:01Z'})]}),
      );
      const resolver = server.resolver({}, {now: () => now});
      await expectResolved(resolver);
      now += 1000;
      await expectUnresolved(resolve(resolver), 'revoked');
      expect(server.requests).to.have.length(1);
    });
  });
});
