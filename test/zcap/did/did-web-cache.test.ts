import {setImmediate as nextTurn} from 'node:timers/promises';
import {expect} from 'chai';
import type {DidResolver} from '../../../lib/zcap/did/did-resolver.ts';
import type {DidWebOptions} from '../../../lib/zcap/did/did-web.ts';
import {didDocument} from './did-documents.ts';
import {DidWebServer} from './did-web-server.ts';
import {expectUnresolved} from './expect-did-refusal.ts';

const START = Date.parse('2026-11-22T12:00:00Z');

describe('did:web cache', () => {
  let server: DidWebServer;
  let now: number;
  let told: string[];

  beforeEach(async () => {
    server = new DidWebServer();
    await server.start();
    serveEveryDid();
    now = START;
    told = [];
  });
  afterEach(async () => server.stop());

  const resolver = (didWeb: DidWebOptions = {}) =>
    server.resolver(didWeb, {now: () => now, onCache: (cache, outcome) => told.push(`${cache} ${outcome}`)});
  const resolve = async (by: DidResolver, did: string) =>
    by.verificationMethod(`${did}#key-1`, 'capabilityInvocation');

  /** Answers each path with the document of the DID that is found there. */
  function serveEveryDid(): void {
    server.handler = ({url = ''}, response) => {
      const path = url === '/.well-known/did.json' ? '' : url.replace('/did.json', '').replaceAll('/', ':');
      response.writeHead(200, {'content-type': 'application/did+json'});
      response.end(JSON.stringify(didDocument(server.did(path))));
    };
  }

  it('R51 remembers a document for a minute', async () => {
    const by = resolver();
    const first = await resolve(by, server.did());
    now += 59_999;
    expect(await resolve(by, server.did())).to.equal(first);
    expect(server.requests).to.have.length(1);
    now += 1;
    expect(await resolve(by, server.did())).not.to.equal(first);
    expect(server.requests).to.have.length(2);
    expect(told).to.deep.equal(['did:web miss', 'did:web hit', 'did:web miss']);
  });

  it('R51 remembers a refusal for ten seconds', async () => {
    const by = resolver();
    server.handler = (_request, response) => response.writeHead(404).end();
    await expectUnresolved(resolve(by, server.did()), 'status');
    serveEveryDid();
    now += 9_999;
    await expectUnresolved(resolve(by, server.did()), 'status');
    expect(server.requests).to.have.length(1);
    now += 1;
    expect((await resolve(by, server.did())).controller).to.equal(server.did());
    expect(server.requests).to.have.length(2);
  });

  it('R51 forgets when the clock is set back', async () => {
    const by = resolver();
    await resolve(by, server.did());
    now -= 1;
    await resolve(by, server.did());
    expect(server.requests).to.have.length(2);
  });

  it('R51 sees a key that was taken out of the document, after a minute', async () => {
    const by = resolver();
    await resolve(by, server.did());
    server.serve(didDocument(server.did(), {capabilityInvocation: []}));
    now += 60_000;
    await expectUnresolved(resolve(by, server.did()), 'relationship');
  });

  it('R51 fetches once for all who ask at the same time', async () => {
    const by = resolver();
    const methods = await Promise.all(Array.from({length: 20}, () => resolve(by, server.did())));
    expect(new Set(methods).size).to.equal(1);
    expect(server.requests).to.have.length(1);
    expect(told.filter((line) => line === 'did:web hit')).to.have.length(19);
  });

  it('R51 has a bounded memory: what is remembered longest unused goes', async () => {
    const padding = 'x'.repeat(60_000);
    const by = resolver();
    const dids = Array.from({length: 150}, (_, i) => server.did(`:user-${i}`));
    server.handler = ({url = ''}, response) => {
      const did = server.did(url.replace('/did.json', '').replaceAll('/', ':'));
      response.writeHead(200, {'content-type': 'application/json'});
      response.end(JSON.stringify(didDocument(did, {padding})));
    };
    for (const did of dids) await resolve(by, did);
    expect(server.requests).to.have.length(150);
    await resolve(by, dids.at(-1)!);
    expect(server.requests).to.have.length(150);
    await resolve(by, dids[0]!);
    expect(server.requests).to.have.length(151);
  });

  it('R51 fetches a bounded number of documents at once; others wait', async () => {
    const gate = Promise.withResolvers<readonly string[]>();
    let started = 0;
    const by = resolver({maxConcurrent: 2, resolveAddresses: () => (started++, gate.promise)});
    const dids = Array.from({length: 8}, (_, i) => server.did(`:user-${i}`));
    const resolutions = Promise.all(dids.map((did) => resolve(by, did)));
    await nextTurn();
    expect(started).to.equal(2);
    gate.resolve(['127.0.0.1']);
    expect((await resolutions).map(({controller}) => controller)).to.deep.equal(dids);
    expect(started).to.equal(8);
  });

  it('R51 refuses when too many wait, and does not hold it against the DID', async () => {
    const by = resolver({maxConcurrent: 1, maxWaiting: 1});
    const [first, second, third] = ['a', 'b', 'c'].map((path) => resolve(by, server.did(`:${path}`)));
    await expectUnresolved(third!, 'busy');
    await Promise.all([first, second]);
    expect((await resolve(by, server.did(':c'))).controller).to.equal(server.did(':c'));
  });

  it('R51 refuses when waiting takes too long, and does not hold it against the DID', async () => {
    let answer = new Promise<readonly string[]>(() => undefined);
    const by = resolver({maxConcurrent: 1, timeoutMs: 100, resolveAddresses: () => answer});
    // The first holds the only place for all of its time, and the second has it next: too late for the third.
    const resolutions = ['a', 'b', 'c'].map((path) => resolve(by, server.did(`:${path}`)));
    const [first, , third] = [...resolutions];
    const settled = Promise.allSettled(resolutions);
    await Promise.all([expectUnresolved(first!, 'timeout'), expectUnresolved(third!, 'busy')]);
    await settled;
    answer = Promise.resolve([]);
    await expectUnresolved(resolve(by, server.did(':a')), 'timeout');
    await expectUnresolved(resolve(by, server.did(':c')), 'dns');
  });
});
