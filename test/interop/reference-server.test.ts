import {verify} from 'node:crypto';
import {Agent} from 'node:https';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {ZcapClient} from '@digitalbazaar/ezcap';
import {CapabilityAgent, KeystoreAgent, KmsClient, type GeneratedKey} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {decode} from 'base58-universal';
import {controller, ed25519PublicKey} from '../support/did-key.ts';
import {testCertificate} from '../support/test-certificate.ts';
import {startReferenceServer, type ReferenceServer} from './reference-server.ts';

/** The differential test is worth what its reference is worth: the official clients must be able to use it. */
describe('reference server', () => {
  const data = Buffer.from('to be signed');
  let server: ReferenceServer;
  let httpsAgent: Agent;
  let agent: CapabilityAgent;
  let keystoreId: string;

  before(async () => {
    const tls = await testCertificate();
    server = await startReferenceServer({tls});
    httpsAgent = new Agent({ca: tls.cert, keepAlive: true});
    agent = await CapabilityAgent.fromSecret({secret: 'a secret', handle: 'reference'});
    const url = `https://localhost:${server.port}/kms/keystores`;
    const config = {sequence: 0, controller: agent.id, kmsModule: 'ssm-v1'};
    const created = await KmsClient.createKeystore({
      url,
      config,
      invocationSigner: agent.getSigner(),
      httpsAgent,
    });
    expect(created).to.deep.equal({...config, id: created.id});
    keystoreId = created.id;
  });
  after(async () => {
    httpsAgent.destroy();
    await server.stop();
  });

  function keystoreAgent(): KeystoreAgent {
    return new KeystoreAgent({capabilityAgent: agent, keystoreId, kmsClient: new KmsClient({httpsAgent})});
  }

  it('generates keys of the four categories and uses them', async () => {
    const keystore = keystoreAgent();
    const key = await keystore.generateKey({type: 'asymmetric'});
    const {publicKeyMultibase = ''} = await key.getKeyDescription();
    const publicKey = ed25519PublicKey(decode(publicKeyMultibase.slice(1)).subarray(2));
    expect(verify(null, data, publicKey, await key.sign({data}))).to.equal(true);

    const hmac = await keystore.generateKey({type: 'hmac'});
    // The client's cache keeps a timer that never ends.
    const signature = await hmac.sign({data, useCache: false});
    expect(await hmac.verify({data, signature, useCache: false})).to.equal(true);

    const kek = await keystore.generateKey({type: 'kek'});
    const unwrappedKey = Buffer.alloc(32, 7);
    const wrappedKey = await kek.wrapKey({unwrappedKey});
    expect(Buffer.from((await kek.unwrapKey({wrappedKey})) ?? [])).to.deep.equal(unwrappedKey);
    expect(await kek.unwrapKey({wrappedKey: wrappedKey.map((byte) => byte ^ 1)})).to.equal(null);

    const client = new KmsClient({keystoreId, httpsAgent});
    const invocationSigner = agent.getSigner();
    const generate = async (): Promise<GeneratedKey> =>
      client.generateKey({type: 'X25519KeyAgreementKey2020', invocationSigner});
    const derive = async ({keyId}: GeneratedKey, {keyDescription}: GeneratedKey): Promise<Uint8Array> =>
      client.deriveSecret({keyId, publicKey: {...keyDescription}, invocationSigner});
    const [one, two] = [await generate(), await generate()];
    expect(await derive(one, two)).to.deep.equal(await derive(two, one));
  });

  it('reads and updates the keystore', async () => {
    const client = new KmsClient({keystoreId, httpsAgent});
    const invocationSigner = agent.getSigner();
    const config = await client.getKeystore({invocationSigner});
    const update = {...config, sequence: 1, ipAllowList: ['127.0.0.1/32']};
    expect(await client.updateKeystore({config: update, invocationSigner})).to.deep.equal({config: update});
    expect(await client.getKeystore({invocationSigner})).to.deep.equal(update);
    const error = await client
      .updateKeystore({config: update, invocationSigner})
      .catch((reason: unknown) => reason);
    expect(error).to.include({status: 409});
  });

  it('lets a key be used by a delegate, until the capability is revoked', async () => {
    const key = await keystoreAgent().generateKey({type: 'asymmetric'});
    const delegate = controller('delegate');
    const zcaps = new ZcapClient({
      SuiteClass: Ed25519Signature2020,
      delegationSigner: agent.getSigner(),
      invocationSigner: agent.getSigner(),
    });
    const capability = await zcaps.delegate({
      capability: `urn:zcap:root:${encodeURIComponent(keystoreId)}`,
      invocationTarget: key.kmsId,
      controller: delegate.did,
      allowedActions: ['sign'],
    });
    const client = new KmsClient({keystoreId, httpsAgent});
    const sign = async (): Promise<unknown> =>
      client.sign({keyId: key.kmsId, data, capability, invocationSigner: delegate.signer});
    expect(await sign()).to.have.length(64);
    await client.revokeCapability({capabilityToRevoke: capability, invocationSigner: agent.getSigner()});
    expect(await sign().catch((reason: unknown) => reason)).to.include({status: 403});
    const again = client.revokeCapability({
      capabilityToRevoke: capability,
      invocationSigner: agent.getSigner(),
    });
    expect(await again.catch((reason: unknown) => reason)).to.include({status: 400});
  });

  it('refuses a stranger', async () => {
    const stranger = controller('stranger');
    const client = new KmsClient({keystoreId, httpsAgent});
    const error = await client
      .getKeystore({invocationSigner: stranger.signer})
      .catch((reason: unknown) => reason);
    expect(error).to.include({status: 403});
  });
});
