import {expect} from 'chai';
import {NotAllowedError, NotFoundError, UnavailableError, ValidationError} from '../../lib/errors.ts';
import {createClientAddressReader} from '../../lib/http/client-address.ts';
import type {Endpoint} from '../../lib/http/endpoint.ts';
import {Lifecycle} from '../../lib/http/lifecycle.ts';
import {byAddressBlock, createLimiter} from '../../lib/http/rate-limit.ts';
import {send} from '../support/raw-client.ts';
import {KEY, KEYSTORE, startTestServer, stopTestServers} from './test-server.ts';

const KEY_PATH = `/kms/keystores/${KEYSTORE}/keys/${KEY}`;

function request(method: string, path: string, ...lines: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...lines, '', ''].join('\r\n');
}

function throwing(error: unknown): {getKeyDescription: Endpoint} {
  return {
    getKeyDescription: () => {
      throw error;
    },
  };
}

describe('replies', () => {
  afterEach(stopTestServers);

  it("sends an endpoint's status, headers and body as JSON", async () => {
    const server = await startTestServer({
      endpoints: {
        createKeystore: async () => ({
          status: 201,
          headers: {Location: 'https://kms.example/1'},
          body: {a: 1},
        }),
      },
    });
    const {status, headers, text} = await send(
      server,
      request('POST', '/kms/keystores', 'Content-Length: 0'),
    );
    const {date, 'x-request-id': requestId, ...rest} = headers;
    expect({status, text}).to.deep.equal({status: 201, text: '{"a":1}'});
    expect(date).to.be.a('string');
    expect(requestId).to.match(/^[0-9a-f-]{36}$/);
    expect(rest).to.deep.equal({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'Location, Retry-After, X-Request-Id',
      'access-control-max-age': '86400',
      'cache-control': 'no-store',
      'content-length': '7',
      'content-type': 'application/json',
      connection: 'keep-alive',
      'keep-alive': 'timeout=65, max=10000',
      location: 'https://kms.example/1',
      'x-content-type-options': 'nosniff',
    });
  });

  it('sends a 204 without a body, and null as a body', async () => {
    const server = await startTestServer({
      endpoints: {
        deleteKeystore: async () => ({status: 204}),
        getKeystore: async () => ({status: 200, body: null}),
      },
    });
    const path = `/kms/keystores/${KEYSTORE}`;
    const deleted = await send(server, request('DELETE', path));
    expect(deleted.status).to.equal(204);
    expect(deleted.headers).not.to.have.any.keys('content-length', 'content-type');
    expect((await send(server, request('GET', path))).text).to.equal('null');
  });

  it('gives every request an id of its own, whatever the client writes', async () => {
    const server = await startTestServer();
    const ids = [];
    for (let i = 0; i < 3; i++) {
      ids.push(
        (await send(server, request('GET', '/health/live', 'X-Request-Id: mine'))).headers['x-request-id'],
      );
    }
    expect(new Set(ids)).to.have.property('size', 3);
    expect(ids).not.to.include('mine');
  });

  it('sends an error as the one body, with the details and cause that are public', async () => {
    const cause = new Error('secret');
    const server = await startTestServer({
      endpoints: throwing(new NotAllowedError('revoked', 'It is.', {cause})),
    });
    const {status, headers, json, text} = await send(server, request('GET', KEY_PATH));
    expect(status).to.equal(403);
    expect(headers['content-type']).to.equal('application/problem+json');
    expect(json).to.deep.equal({
      type: 'NotAllowedError',
      title: 'Forbidden',
      status: 403,
      detail: 'Authorization error.',
      message: 'Authorization error.',
      name: 'NotAllowedError',
      cause: {name: 'NotAllowedError', message: 'It is.'},
    });
    expect(text).not.to.include('secret');
    expect(server.counted).to.deep.equal(['request getKeyDescription 403', 'refusal revoked']);
  });

  it('sends validation errors as existing clients know them', async () => {
    const issue = {
      name: 'ValidationError',
      message: "should match pattern 'x'",
      details: {path: '.ipAllowList[0]', keyword: 'pattern'},
    } as const;
    const server = await startTestServer({
      endpoints: throwing(new ValidationError('postKeystoreBody', [issue])),
    });
    const {json} = await send(server, request('GET', KEY_PATH));
    expect(json).to.deep.include({
      name: 'ValidationError',
      message: "A validation error occurred in the 'postKeystoreBody' validator.",
      details: {errors: [issue]},
    });
  });

  it('sends Retry-After where trying again helps', async () => {
    const server = await startTestServer({endpoints: throwing(new UnavailableError('The store is down.'))});
    const {status, headers} = await send(server, request('GET', KEY_PATH));
    expect({status, retryAfter: headers['retry-after']}).to.deep.equal({status: 503, retryAfter: '1'});
  });

  for (const thrown of [new TypeError('secret'), 'secret', undefined, Object.freeze({secret: 1})]) {
    it(`says nothing of an unforeseen ${thrown instanceof Error ? thrown.name : typeof thrown}`, async () => {
      const server = await startTestServer({endpoints: throwing(thrown)});
      const {status, json, text} = await send(server, request('GET', KEY_PATH));
      expect({status, json}).to.deep.equal({
        status: 500,
        json: {
          type: 'InternalError',
          title: 'Internal Server Error',
          status: 500,
          detail: 'An internal error occurred.',
          message: 'An internal error occurred.',
          name: 'InternalError',
        },
      });
      expect(text).not.to.include('secret');
      expect(server.logged.map(({level, status}) => ({level, status}))).to.deep.equal([
        {level: 'error', status: 500},
      ]);
    });
  }

  it('answers 500 to a reply that is no JSON, and to a rate limiter that fails', async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const server = await startTestServer({
      endpoints: {getKeyDescription: async () => ({status: 200, body: cyclic})},
    });
    expect((await send(server, request('GET', KEY_PATH))).status).to.equal(500);
    const limited = await startTestServer({
      addressLimiter: {limit: () => Promise.reject(new Error('broken'))},
    });
    expect((await send(limited, request('GET', KEY_PATH))).status).to.equal(500);
    expect(limited.called).to.deep.equal([]);
  });

  it('answers 404 with CORS where there is no route', async () => {
    const server = await startTestServer();
    const {status, headers, json} = await send(server, request('GET', '/kms'));
    expect({status, origin: headers['access-control-allow-origin']}).to.deep.equal({
      status: 404,
      origin: '*',
    });
    expect(json).to.include({name: 'NotFoundError', message: 'There is nothing at this URL.'});
    expect(server.counted).to.deep.equal(['request none 404', 'refusal ERR_NOT_FOUND']);
  });

  it('answers 405 with Allow to another method on a route', async () => {
    const server = await startTestServer();
    const {status, headers, json} = await send(server, request('PUT', `/kms/keystores/${KEYSTORE}`));
    expect({status, allow: headers['allow']}).to.deep.equal({
      status: 405,
      allow: 'GET, POST, DELETE, OPTIONS',
    });
    expect(json).to.include({name: 'NotSupportedError'});
    expect(
      (await send(server, {method: 'HEAD', target: KEY_PATH, headers: [['Host', 'localhost']]})).status,
    ).to.equal(405);
  });

  it('answers a preflight with methods and headers, and calls nothing', async () => {
    const server = await startTestServer();
    const preflight = ['Origin: https://app.example', 'Access-Control-Request-Method: POST'];
    const {status, headers} = await send(server, request('OPTIONS', KEY_PATH, ...preflight));
    expect(status).to.equal(204);
    expect(headers).to.include({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers':
        'Accept, Authorization, Capability-Invocation, Content-Type, Date, Digest',
      'access-control-max-age': '86400',
    });
    expect(server.called).to.deep.equal([]);
    expect((await send(server, request('OPTIONS', '/nothing', ...preflight))).status).to.equal(404);
  });

  it('allows in a preflight the headers that a client asks for, if they are names of headers', async () => {
    const server = await startTestServer();
    const allowed = async (requested: string): Promise<unknown> => {
      const line = `Access-Control-Request-Headers: ${requested}`;
      return (await send(server, request('OPTIONS', KEY_PATH, line))).headers['access-control-allow-headers'];
    };
    expect(await allowed('authorization, x-tracing-id')).to.equal('authorization, x-tracing-id');
    for (const requested of ['x: y', 'a b', ',', '<script>', 'x'.repeat(65)]) {
      expect(await allowed(requested), requested).to.match(/^Accept, Authorization, /);
    }
  });

  it('asks for TLS in future only where it has a certificate of its own', async () => {
    const hsts = await startTestServer({hsts: true});
    const without = await startTestServer();
    const name = 'strict-transport-security';
    expect((await send(hsts, request('GET', '/nothing'))).headers[name]).to.equal('max-age=31536000');
    expect((await send(hsts, 'nonsense\r\n\r\n')).headers[name]).to.equal('max-age=31536000');
    expect((await send(without, request('GET', '/nothing'))).headers).not.to.have.property(name);
  });

  it('hands over the target and the parameters as they were sent', async () => {
    const server = await startTestServer();
    const path = `/kms/keystores/${KEYSTORE}/zcaps/revocations/urn%3Auuid%3A1?a=%20`;
    const {json} = await send(server, request('POST', path, 'Content-Length: 3') + 'abc');
    expect(json).to.deep.equal({
      name: 'revokeCapability',
      target: path,
      params: {keystore: KEYSTORE, zcapId: 'urn%3Auuid%3A1'},
      remoteAddress: '127.0.0.1',
      body: 'abc',
    });
  });

  it('reads a body once for all who ask', async () => {
    const server = await startTestServer({
      endpoints: {
        createKeystore: async (req) => ({
          status: 200,
          body: [await req.readBody(), await req.readBody()].map(String),
        }),
      },
    });
    const {json} = await send(server, request('POST', '/kms/keystores', 'Content-Length: 3') + 'abc');
    expect(json).to.deep.equal(['abc', 'abc']);
  });

  it('refuses by rate before it looks at anything, with Retry-After', async () => {
    const server = await startTestServer({
      addressLimiter: byAddressBlock(createLimiter({rate: {points: 2, seconds: 60}})),
    });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await send(server, request('GET', '/health/live'))).status);
    expect(statuses).to.deep.equal([200, 200, 429]);
    const {status, headers, json} = await send(server, request('GET', 'http://localhost/', 'Host: twice'));
    expect({status, name: (json as {name: string}).name}).to.deep.equal({
      status: 429,
      name: 'RateLimitError',
    });
    expect(Number(headers['retry-after'])).to.be.within(1, 60);
    expect(server.counted).to.include('refusal ERR_RATE_LIMIT');
  });

  it('R49 refuses a request whose trusted proxy forwarded no address; its twin succeeds', async () => {
    const server = await startTestServer({clientAddress: createClientAddressReader(['127.0.0.0/8'])});
    const withAddress = (value: string): string => request('GET', KEY_PATH, `X-Forwarded-For: ${value}`);
    const refused = await send(server, withAddress('192.0.2.1, unknown'));
    expect(refused.status).to.equal(400);
    expect(refused.json).to.include({message: 'X-Forwarded-For holds something that is no address.'});
    expect((await send(server, withAddress('192.0.2.1'))).json).to.include({remoteAddress: '192.0.2.1'});
    expect(server.called).to.deep.equal(['getKeyDescription']);
  });

  it('logs who invoked, also where the request is refused after that', async () => {
    const server = await startTestServer({
      endpoints: {
        getKeyDescription: async (req) => {
          req.noteInvoker?.('did:key:z6Mk');
          throw new NotFoundError('There is no such key.');
        },
      },
    });
    expect((await send(server, request('GET', KEY_PATH))).status).to.equal(404);
    expect(server.logged[0]).to.include({status: 404, invoker: 'did:key:z6Mk'});
  });

  it('says nothing of a defect of its own', async () => {
    const lifecycle = new Lifecycle();
    Object.defineProperty(lifecycle, 'draining', {
      get: () => {
        throw new Error('secret');
      },
    });
    const server = await startTestServer({lifecycle});
    const {status, json, text} = await send(server, request('GET', KEY_PATH));
    expect({status, name: (json as {name: string}).name}).to.deep.equal({status: 500, name: 'InternalError'});
    expect(text).not.to.include('secret');
    expect(server.logged.map(({level, msg}) => ({level, msg}))).to.deep.equal([
      {level: 'error', msg: 'the request handler failed'},
    ]);
  });

  it('times the stages that endpoints name, also where they fail', async () => {
    const server = await startTestServer({
      endpoints: {
        getKeystore: async (req) => ({status: 200, body: await req.time('lookup', () => Promise.resolve(1))}),
        listKeys: (req) => req.time('failing', () => Promise.reject(new NotFoundError('No.'))),
      },
    });
    expect((await send(server, request('GET', `/kms/keystores/${KEYSTORE}`))).text).to.equal('1');
    await send(server, request('GET', `/kms/keystores/${KEYSTORE}/keys`));
    expect(server.counted).to.include.members(['stage lookup', 'stage failing', 'request listKeys 404']);
  });
});
