import {expect} from 'chai';
import {OWNER, populate, signing, type PopulatedKeystore} from '../demonstrations/population.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {send, signedRequest} from '../support/signed-request.ts';
import {keyProcessOf} from './key-process-of.ts';

describe('what strangers’ JSON does to a key process', function () {
  this.timeout(60_000);
  let server: TestServer;
  let keystore: PopulatedKeystore;
  let pid: number;

  before(async () => {
    server = await runServer({environment: {WEBKMS_ISOLATION: 'process'}});
    const [made] = await populate(server, {keystores: 1, keysPerKeystore: 1});
    if (!made) throw new Error('Unreachable: one was asked for.');
    keystore = made;
    pid = await keyProcessOf(process.pid);
  });
  after(() => server.stop());

  /** @param member of a JWK that is imported, as text. @returns the status */
  const importing = async (member: string): Promise<number> => {
    const url = `${keystore.id}/keys`;
    const body =
      `{"type":"ImportKeyOperation","invocationTarget":{"type":"Ed25519VerificationKey2020"},` +
      `"keyMaterial":{"jwk":{"kty":"OKP","crv":"Ed25519",${member}}}}`;
    return (await send(server, signedRequest({url, body, action: 'importKey', signer: OWNER}))).status;
  };

  for (const [what, member] of [
    ['a number that no double is', '"x":1e400'],
    ['a negative one, deep in it', '"x":[{"y":-1e999}]'],
    ['names that differ in a byte order mark', String.raw`"":1,"\ufeff":2`],
    ['a name that is a byte order mark', String.raw`"\ufeff":1`],
    ['a lone surrogate', String.raw`"x":"\ud800"`],
  ] as const) {
    it(`is nothing: ${what} is refused`, async () => {
      expect(await importing(member)).to.equal(400);
      expect(await keyProcessOf(process.pid)).to.equal(pid);
      expect((await send(server, signing(keystore.keys[0] ?? ''))).status).to.equal(200);
    });
  }

  it('is nothing: a description that begins with a byte order mark is kept, and the key signs', async () => {
    const url = `${keystore.id}/keys`;
    const description = '\ufeffmarked';
    const json = {
      type: 'GenerateKeyOperation',
      invocationTarget: {type: 'Ed25519VerificationKey2020', description},
    };
    const {
      status,
      headers,
      json: made,
    } = await send(server, signedRequest({url, json, action: 'generateKey', signer: OWNER}));
    expect(status, JSON.stringify(made)).to.equal(200);
    const key = headers['location'] ?? '';
    expect((await send(server, signing(key))).status).to.equal(200);
    const read = signedRequest({
      ...{url: `${key}?include=metadata`, method: 'GET', action: 'read', signer: OWNER},
    });
    expect((await send(server, read)).json).to.have.nested.property('metadata.description', description);
  });
});
