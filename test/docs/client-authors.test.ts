import {randomBytes} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import {request} from 'node:https';
import {expect} from 'chai';
import {signRequest, type RequestToSign} from '../../examples/signed-request.ts';
import {delegate} from '../support/delegate.ts';
import {controller} from '../support/did-key.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {clientAuthorsPage} from './client-authors-page.ts';

const FILE = new URL('../../docs/client-authors.md', import.meta.url);

describe('docs/client-authors.md', () => {
  it('is what the example makes (to write it anew: UPDATE_DOCS=1 npm test)', async () => {
    const page = clientAuthorsPage();
    if (process.env['UPDATE_DOCS']) await writeFile(FILE, page);
    expect(await readFile(FILE, 'utf8')).to.equal(page);
  });

  describe('and the example, sent to a running server,', () => {
    let server: TestServer;
    before(async () => {
      server = await runServer();
    });
    after(() => server.stop());

    const seed = randomBytes(32);
    const alice = controller(seed);
    const root = (url: string): string => `urn:zcap:root:${encodeURIComponent(url)}`;
    const send = (
      unsigned: Omit<RequestToSign, 'seed' | 'created'>,
      as = seed,
    ): Promise<{status: number; body: Record<string, unknown>}> => {
      const {headers} = signRequest({...unsigned, seed: as, created: Math.floor(Date.now() / 1000)});
      return new Promise((resolve, reject) => {
        const {method, url, body = ''} = unsigned;
        request(
          url,
          {method, headers: {...headers, ...(body && {'Content-Length': body.length})}, agent: server.agent},
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
              }),
            );
          },
        )
          .on('error', reject)
          .end(body);
      });
    };

    it('makes a keystore and a key, signs, reads, and signs by a delegated capability', async () => {
      const collection = `${server.baseUrl}/kms/keystores`;
      const keystore = await send({
        method: 'POST',
        url: collection,
        body: JSON.stringify({sequence: 0, controller: alice.did}),
        capability: root(collection),
        action: 'write',
      });
      expect(keystore.status).to.equal(201);
      const keystoreUrl = String(keystore.body['id']);
      const key = await send({
        method: 'POST',
        url: `${keystoreUrl}/keys`,
        body: JSON.stringify({
          type: 'GenerateKeyOperation',
          invocationTarget: {type: 'Ed25519VerificationKey2020'},
        }),
        capability: root(keystoreUrl),
        action: 'generateKey',
      });
      expect(key.status).to.equal(200);
      const keyUrl = String(key.body['keyId']);
      const sign = JSON.stringify({type: 'SignOperation', invocationTarget: keyUrl, verifyData: 'SGVsbG8'});
      const signed = await send({
        method: 'POST',
        url: keyUrl,
        body: sign,
        capability: root(keystoreUrl),
        action: 'sign',
      });
      expect(signed.status).to.equal(200);
      expect(signed.body).to.have.all.keys('signatureValue');
      const description = await send({
        method: 'GET',
        url: keyUrl,
        capability: root(keystoreUrl),
        action: 'read',
      });
      expect(description.status).to.equal(200);

      const bobsSeed = randomBytes(32);
      const bob = controller(bobsSeed);
      const capability = await delegate({
        delegator: alice,
        controller: bob,
        parent: root(keystoreUrl),
        invocationTarget: keyUrl,
        allowedAction: ['sign'],
      });
      const byBob = await send(
        {method: 'POST', url: keyUrl, body: sign, capability, action: 'sign'},
        bobsSeed,
      );
      expect(byBob).to.deep.equal(signed);
      const refused = await send(
        {method: 'POST', url: keyUrl, body: sign, capability: root(keystoreUrl), action: 'sign'},
        bobsSeed,
      );
      expect(refused.status).to.equal(403);
    });
  });
});
