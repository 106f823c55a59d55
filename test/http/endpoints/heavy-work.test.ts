import {encode} from 'cborg';
import {expect} from 'chai';
import {controller} from '../../support/did-key.ts';
import {runServer, type TestServer} from '../../support/run-server.ts';
import {RawClient, signedRequest, type WireRequest, type WireResponse} from '../../support/signed-request.ts';

const LIGHT = 5;
const ED25519 = 'Ed25519VerificationKey2020';
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** What takes long is somebody else's request: one that is sent after it has begun is answered before it. */
describe('heavy work does not keep others waiting', function () {
  this.timeout(60_000);
  const owner = controller('owner of heavy keys');
  let server: TestServer;
  let keystore: string;
  let lightKey: string;
  const clients: RawClient[] = [];
  let sent = 0;

  const client = (): RawClient => {
    const made = new RawClient(server);
    clients.push(made);
    return made;
  };

  function posted(url: string, type: string, members: object, action: string): WireRequest {
    const json = {type, invocationTarget: url, ...members};
    // Two requests that say the same within a second would be one.
    const overrides = ({created}: {readonly created: string}) => ({
      expires: String(Number(created) + 100 + sent++),
    });
    return signedRequest({url, json, action, signer: owner, overrides});
  }

  async function accepted(sending: WireResponse | Promise<WireResponse>): Promise<WireResponse> {
    const response = await sending;
    expect(response.status, response.text).to.be.within(200, 201);
    return response;
  }

  const generating = (type: string): WireRequest =>
    posted(`${keystore}/keys`, 'GenerateKeyOperation', {invocationTarget: {type}}, 'generateKey');

  async function generate(type: string): Promise<string> {
    const {headers} = await accepted(clients[0]!.send(generating(type)));
    return headers['location'] ?? '';
  }

  const batch = (key: string, operation: string, item: object, length = 1000): WireRequest => {
    const action = operation.charAt(0).toLowerCase() + operation.slice(1, -'Operation'.length);
    return posted(key, 'BatchOperation', {operation, items: Array.from({length}, () => item)}, action);
  };

  /** Who is answered when: `heavy` is under way before the others are sent. */
  async function order(heavy: WireRequest): Promise<readonly string[]> {
    const answered: string[] = [];
    const light = client();
    const signing = (): WireRequest => posted(lightKey, 'SignOperation', {verifyData: 'AAAA'}, 'sign');
    await accepted(light.send(signing()));
    const working = accepted(client().send(heavy)).then(() => answered.push('heavy'));
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    for (let time = 0; time < LIGHT; time++) {
      await accepted(light.send(signing()));
      answered.push('light');
    }
    await working;
    return answered;
  }

  const lightFirst = [...Array.from({length: LIGHT}, () => 'light'), 'heavy'];

  before(async () => {
    server = await runServer({tls: 'off'});
    const url = `${server.baseUrl}/kms/keystores`;
    const json = {sequence: 0, controller: owner.did};
    const made = await accepted(client().send(signedRequest({url, json, action: 'write', signer: owner})));
    keystore = made.headers['location'] ?? '';
    lightKey = await generate(ED25519);
  });
  after(async () => {
    for (const each of clients) each.close();
    await server.stop();
  });

  it('a new RSA key of 4096 bits', async () => {
    expect(await order(generating('urn:webkms:multikey:RSA-4096'))).to.deep.equal(lightFirst);
  });

  it('a thousand signatures of ML-DSA-87', async () => {
    const key = await generate('urn:webkms:multikey:ML-DSA-87');
    expect(await order(batch(key, 'SignOperation', {verifyData: 'AAAA'}))).to.deep.equal(lightFirst);
  });

  it('a thousand signatures of RSA-2048 over digests, in their thread', async () => {
    const key = await generate('urn:webkms:multikey:RSA-2048');
    const item = {digest: base64url(Buffer.alloc(32, 1)), hashAlgorithm: 'SHA-256'};
    expect(await order(batch(key, 'SignOperation', item))).to.deep.equal(lightFirst);
  });

  it('a thousand signatures of secp256k1, on the event loop, in turns', async () => {
    const key = await generate('urn:webkms:multikey:secp256k1');
    expect(await order(batch(key, 'SignOperation', {verifyData: 'AAAA'}))).to.deep.equal(lightFirst);
  });

  it('a signature of BBS over a hundred messages', async () => {
    const key = await generate('urn:webkms:multikey:BBS-BLS12-381-SHA-256');
    const messages = Array.from({length: 100}, () => Buffer.alloc(16, 1));
    const verifyData = base64url(encode([new Uint8Array(), messages]));
    const signing = posted(key, 'SignOperation', {verifyData}, 'sign');
    expect(await order(signing)).to.deep.equal(lightFirst);
  });
});
