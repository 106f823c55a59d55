import {expect} from 'chai';
import {pino} from 'pino';
import {loadSettings} from '../../../lib/config/load-settings.ts';
import {openKeyManagement} from '../../../lib/key-management.ts';
import {controller} from '../../support/did-key.ts';
import {runServer, type TestServer} from '../../support/run-server.ts';
import {RawClient, signedRequest, type WireResponse} from '../../support/signed-request.ts';
import {storeKey} from '../../support/stored-key.ts';

const VERSIONS = 1000;
const TYPE = 'urn:webkms:multikey:ML-DSA-87';
const DATA = 'AAAA';

interface Description {
  readonly keyVersion: number;
  readonly publicKeyMultibase: string;
  readonly metadata: {readonly versions: readonly {readonly version: number; readonly status: string}[]};
}

/** 3.6 MB, over TLS. */
describe('a key of a thousand versions', function () {
  this.timeout(60_000);
  const owner = controller('owner of a key of many versions');
  let server: TestServer;
  let keystore: string;
  let key: string;
  let ofOneVersion: string;
  let client: RawClient;
  let sent = 0;

  before(async () => {
    server = await runServer();
    client = new RawClient(server);
    const url = `${server.baseUrl}/kms/keystores`;
    const json = {sequence: 0, controller: owner.did};
    const made = await client.send(signedRequest({url, json, action: 'write', signer: owner}));
    keystore = made.headers['location'] ?? '';
    // With its first key the keystore gets those that seal it.
    const generated = await posted(`${keystore}/keys`, 'GenerateKeyOperation', {
      invocationTarget: {type: TYPE},
    });
    ofOneVersion = generated.headers['location'] ?? '';
    key = await server.whileStopped(async (environment) => {
      await using closing = new AsyncDisposableStack();
      const log = pino({level: 'silent'});
      const management = await openKeyManagement(loadSettings({environment}), {log, closing});
      return await storeKey(management, {keystoreId: keystore, type: TYPE, versions: VERSIONS});
    });
  });
  after(async () => {
    client.close();
    await server.stop();
  });

  // Two requests that say the same within a second would be one.
  const overrides = ({created}: {readonly created: string}) => ({
    expires: String(Number(created) + 100 + sent++),
  });

  async function posted(url: string, type: string, members: object = {}): Promise<WireResponse> {
    const operation = 'operation' in members ? String(members.operation) : type;
    const action = operation.charAt(0).toLowerCase() + operation.slice(1, -'Operation'.length);
    const json = {type, invocationTarget: url, ...members};
    return client.send(signedRequest({url, json, action, signer: owner, overrides}));
  }

  async function done<T>(type: string, members: object = {}, url = key): Promise<T> {
    const {status, json, text} = await posted(url, type, members);
    expect(status, text).to.equal(200);
    return json as T;
  }

  async function read(url: string): Promise<Description> {
    const reply = await client.send(signedRequest({url, action: 'read', signer: owner, overrides}));
    expect(reply.status, reply.text.slice(0, 1000)).to.equal(200);
    expect(Number(reply.headers['content-length'])).to.equal(reply.bytes.length);
    return reply.json as Description;
  }

  it('is described, any version of it, and all of them', async () => {
    const current = await read(key);
    expect(current.keyVersion).to.equal(VERSIONS);
    expect((await read(`${key}?version=129`)).keyVersion).to.equal(129);
    const {metadata, publicKeyMultibase} = await read(`${key}?include=metadata`);
    expect(publicKeyMultibase).to.equal(current.publicKeyMultibase);
    const {versions} = metadata;
    expect(versions.map(({version}) => version)).to.deep.equal(
      Array.from({length: VERSIONS}, (_, index) => index + 1),
    );
    expect(new Set(versions.map(({status}) => status))).to.deep.equal(new Set(['active', 'verify-only']));
    expect(new Set(versions.map((version) => JSON.stringify(version))).size).to.equal(VERSIONS);
  });

  it('signs, alone and in a batch, verifies, and is listed', async () => {
    const {signatureValue} = await done<{signatureValue: string}>('SignOperation', {verifyData: DATA});
    const verified = {verified: true, keyVersion: VERSIONS};
    expect(await done('VerifyOperation', {verifyData: DATA, signatureValue})).to.deep.equal(verified);
    const items = Array.from({length: 100}, () => ({verifyData: DATA}));
    const {results} = await done<{results: {keyVersion: number}[]}>('BatchOperation', {
      operation: 'SignOperation',
      items,
    });
    expect(results.map(({keyVersion}) => keyVersion)).to.deep.equal(items.map(() => VERSIONS));
    const list = await read(`${keystore}/keys`);
    expect(list).to.have.property('results').with.lengthOf(2);
  });

  it('is changed, a version of it too, by several at once, and stays whole', async () => {
    const others = [new RawClient(server), new RawClient(server)];
    const change = (type: string, members: object, by = client): Promise<WireResponse> => {
      const action = type.charAt(0).toLowerCase() + type.slice(1, -'Operation'.length);
      const json = {type, invocationTarget: key, ...members};
      return by.send(signedRequest({url: key, json, action, signer: owner, overrides}));
    };
    const replies = await Promise.all([
      change('DisableKeyOperation', {keyVersion: 7}),
      change('UpdateKeyOperation', {description: 'changed'}, others[0]),
      change('DisableKeyOperation', {keyVersion: 999}, others[1]),
    ]);
    for (const other of others) other.close();
    for (const {status, text} of replies) expect(status, text.slice(0, 1000)).to.equal(200);
    const {metadata} = await read(`${key}?include=metadata`);
    const disabled = metadata.versions.filter(({status}) => status === 'disabled');
    expect(disabled.map(({version}) => version)).to.deep.equal([7, 999]);
    expect(metadata).to.include({description: 'changed'});
    expect(metadata.versions).to.have.length(VERSIONS);
    const rotated = await posted(key, 'RotateKeyOperation');
    expect(rotated.status).to.equal(409);
  });

  it('or of one gives a thousand signatures in one reply, which verify', async () => {
    const items = Array.from({length: 1000}, (_, index) => ({
      verifyData: Buffer.from([index >> 8, index]).toString('base64url'),
    }));
    const reply = await posted(ofOneVersion, 'BatchOperation', {operation: 'SignOperation', items});
    expect(reply.status).to.equal(200);
    expect(reply.bytes.length).to.be.above(6_000_000);
    expect(Number(reply.headers['content-length'])).to.equal(reply.bytes.length);
    const {results} = reply.json as {results: {signatureValue: string}[]};
    const [first, last] = [results[0], results[999]];
    for (const [item, signature] of [
      [items[0], first],
      [items[999], last],
    ] as const) {
      const {signatureValue} = signature!;
      const verified = await done('VerifyOperation', {...item, signatureValue}, ofOneVersion);
      expect(verified).to.deep.equal({verified: true});
    }
    expect(new Set(results.map(({signatureValue}) => signatureValue)).size).to.equal(1000);
  });
});
