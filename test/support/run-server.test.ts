import {CapabilityAgent, KmsClient} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {controller} from './did-key.ts';
import {runServer, runServerProcess, type TestServer} from './run-server.ts';
import {send, signedRequest} from './signed-request.ts';

const alice = controller('alice');

for (const [name, start] of [
  ['in this process', runServer],
  ['as a process', runServerProcess],
] as const) {
  describe(`server ${name}`, () => {
    let server: TestServer;
    before(async () => {
      server = await start();
    });
    after(async () => server.stop());

    it('answers a request signed and sent by hand', async () => {
      const url = `${server.baseUrl}/kms/keystores`;
      const json = {sequence: 0, controller: alice.did};
      const response = await send(server, signedRequest({url, json, action: 'write', signer: alice}));
      expect(response.status).to.equal(201);
      expect(response.json).to.include(json);
    });

    it('answers the official client over TLS', async () => {
      const agent = await CapabilityAgent.fromSecret({secret: 'a secret', handle: name});
      const config = {sequence: 0, controller: agent.id};
      const options = {invocationSigner: agent.getSigner(), httpsAgent: server.agent};
      const created = await KmsClient.createKeystore({
        url: `${server.baseUrl}/kms/keystores`,
        config,
        ...options,
      });
      expect(created.id.startsWith(`${server.baseUrl}/kms/keystores/z`)).to.equal(true);
      const client = new KmsClient({keystoreId: created.id, httpsAgent: server.agent});
      expect(await client.getKeystore({invocationSigner: agent.getSigner()})).to.deep.equal(created);
    });

    it('is not trusted by a client that was not given its certificate', async () => {
      const agent = await CapabilityAgent.fromSecret({secret: 'a secret', handle: name});
      const options = {url: `${server.baseUrl}/kms/keystores`, config: {sequence: 0, controller: agent.id}};
      const error = await KmsClient.createKeystore({...options, invocationSigner: agent.getSigner()}).catch(
        (reason: unknown) => reason,
      );
      expect(JSON.stringify(codesOf(error))).to.contain('DEPTH_ZERO_SELF_SIGNED_CERT');
    });
  });
}

describe('server behind a TLS proxy', () => {
  it('answers plain HTTP, for its https URL', async () => {
    const server = await runServer({tls: 'off'});
    const url = `${server.baseUrl}/kms/keystores`;
    const json = {sequence: 0, controller: alice.did};
    expect((await send(server, signedRequest({url, json, action: 'write', signer: alice}))).status).to.equal(
      201,
    );
    await server.stop();
  });
});

/** The codes of an error and of all that caused it. */
function codesOf(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [];
  return [(error as NodeJS.ErrnoException).code, ...codesOf(error.cause)];
}
