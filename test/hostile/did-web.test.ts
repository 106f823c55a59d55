import {expect} from 'chai';
import {controller} from '../support/did-key.ts';
import {didDocument, methodNode, type Json} from '../zcap/did/did-documents.ts';
import type {DidWebServer} from '../zcap/did/did-web-server.ts';
import {didWebSigner, fetchFrom, useDidWeb, type DidWebScene} from './support/did-web-scene.ts';
import {badDid} from './support/refusal.ts';

describe('hostile: did:web documents', () => {
  const use = useDidWeb();
  const creating = (did: string) => use().scene.creating({signer: didWebSigner(did)});

  it('the twin: a did:web that lists its key creates, with one fetch for several requests', async () => {
    const {scene, bait} = use();
    const did = bait.did(':good');
    bait.serve(didDocument(did));
    scene.outbound.attempts.length = 0;
    for (let i = 0; i < 3; i++) await scene.accepted(creating(did), 201);
    expect(scene.outbound.attempts).to.deep.equal(fetchFrom(bait));
    expect(bait.requests).to.deep.equal(['GET /good/did.json']);
  });

  const DOCUMENTS: readonly (readonly [string, (did: string) => Json, string])[] = [
    [
      'R9 a key to authenticate only',
      (did) => didDocument(did, {capabilityInvocation: [], authentication: [`${did}#key-1`]}),
      'relationship',
    ],
    [
      'R9 a key to delegate only',
      (did) => didDocument(did, {capabilityInvocation: undefined}),
      'relationship',
    ],
    [
      'R9 no such key',
      (did) => didDocument(did, {verificationMethod: [methodNode(did, {id: `${did}#key-2`})]}),
      'not-found',
    ],
    [
      'R9 a revoked key',
      (did) => didDocument(did, {verificationMethod: [methodNode(did, {revoked: '2020-01-01T00:00:00Z'})]}),
      'revoked',
    ],
    [
      'R9 an expired key',
      (did) => didDocument(did, {verificationMethod: [methodNode(did, {expires: '2020-01-01T00:00:00Z'})]}),
      'revoked',
    ],
    [
      'R9 a key of P-256',
      (did) =>
        didDocument(did, {
          verificationMethod: [
            methodNode(did, {publicKeyMultibase: 'zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169'}),
          ],
        }),
      'key',
    ],
    ["R51 somebody else's document", () => didDocument('did:web:other.example'), 'document'],
  ];
  for (const [title, document, refusal] of DOCUMENTS) {
    it(title, async () => {
      const {scene, bait} = use();
      const did = bait.did(`:${encodeURIComponent(title).replace(/[^a-z]/g, '')}`);
      bait.serve(document(did));
      await scene.refused(creating(did), badDid(refusal), {fetched: fetchFrom(bait)});
    });
  }

  it('R9 a method that claims a foreign controller speaks for nobody', async () => {
    const {scene, bait} = use();
    const victim = controller('victim of did:web');
    const did = bait.did(':claims');
    bait.serve(didDocument(did, {verificationMethod: [methodNode(did, {controller: victim.did})]}));
    const claiming = scene.creating({signer: didWebSigner(did)}, victim.did);
    await scene.refused(claiming, badDid('relationship'), {fetched: fetchFrom(bait)});
    await scene.accepted(scene.creating({signer: victim}), 201);
  });

  const REPLIES: readonly (readonly [string, (use: DidWebScene) => void, string])[] = [
    [
      'a redirect',
      ({bait}) => {
        bait.handler = (_, response) => response.writeHead(302, {location: '/elsewhere'}).end();
      },
      'redirect',
    ],
    ['65 KB', ({bait}) => bait.serve(' '.repeat(65 * 1024 + 1)), 'size'],
    ['HTML', ({bait}) => bait.serve('{}', {'content-type': 'text/html'}), 'content-type'],
    ['a gzip bomb', ({bait}) => bait.serve(Buffer.alloc(10), {'content-encoding': 'gzip'}), 'content-type'],
    [
      'nothing',
      ({bait}) => {
        bait.handler = (_, response) => response.writeHead(404).end();
      },
      'status',
    ],
    ['JSON with __proto__', ({bait}) => bait.serve('{"__proto__":{}}'), 'json'],
    ['deep JSON', ({bait}) => bait.serve('['.repeat(30_000) + ']'.repeat(30_000)), 'json'],
    ['null', ({bait}) => bait.serve('null'), 'document'],
    [
      'a reset connection',
      ({bait}) => {
        bait.handler = (request) => request.socket.destroy();
      },
      'connection',
    ],
  ];
  for (const [title, prepare, refusal] of REPLIES) {
    it(`R51 a document that is ${title}: one connection, and a refusal`, async () => {
      const {scene, bait} = use();
      const did = bait.did(`:${title.replace(/[^A-Za-z]/g, '')}`);
      prepare({scene, bait});
      await scene.refused(creating(did), badDid(refusal), {fetched: fetchFrom(bait)});
      // The refusal is remembered.
      await scene.refused(creating(did), badDid(refusal));
    });
  }

  /** Answers with a document once it is told to; `asked` when it was asked. */
  function hold(bait: DidWebServer, did: string) {
    const [asked, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    bait.handler = (_, response) => {
      asked.resolve(undefined);
      const body = JSON.stringify(didDocument(did));
      const headers = {'content-type': 'application/json'};
      void released.promise.then(() => response.writeHead(200, headers).end(body));
    };
    return {asked: asked.promise, release: () => released.resolve(undefined)};
  }

  it('R41 what is revoked while a request waits for a document is not honoured', async () => {
    const {scene, bait} = use();
    const did = bait.did(':revokedmeanwhile');
    const capability = await scene.delegation({controller: did});
    const {asked, release} = hold(bait, did);
    const waiting = scene.sendAlone(scene.signing({signer: didWebSigner(did), capability}));
    await asked;
    await scene.accepted(scene.revoking(capability), 204);
    release();
    const answer = await waiting;
    expect([answer.status, scene.log.lineOf(answer).reason]).to.deep.equal([403, 'revoked']);
    const twin = await scene.delegation({controller: did});
    await scene.accepted(scene.signing({signer: didWebSigner(did), capability: twin}));
  });

  it('R48 a keystore that is transferred while a request waits for a document is not its any more', async () => {
    const {scene, bait} = use();
    const did = bait.did(':transferredmeanwhile');
    const {id} = await scene.createKeystore(scene.owner, {controller: [scene.owner.did, did]});
    const {asked, release} = hold(bait, did);
    const waiting = scene.sendAlone(scene.reading({url: id, signer: didWebSigner(did)}));
    await asked;
    await scene.accepted(scene.updating({id, sequence: 1, controller: scene.owner.did}));
    release();
    const answer = await waiting;
    expect([answer.status, scene.log.lineOf(answer).reason]).to.deep.equal([403, 'invoker']);
    await scene.accepted(scene.updating({id, sequence: 2, controller: [scene.owner.did, did]}));
    await scene.accepted(scene.reading({url: id, signer: didWebSigner(did)}));
  });
});
