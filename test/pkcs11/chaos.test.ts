import {createPublicKey, randomBytes, verify} from 'node:crypto';
import {Agent} from 'node:https';
import {setTimeout as sleep} from 'node:timers/promises';
import {decode} from 'base58-universal';
import {expect} from 'chai';
import {Pkcs11Library} from '../../lib/pkcs11/pkcs11-library.ts';
import {OfficialClients} from '../official-clients/official-clients.ts';
import {controller} from '../support/did-key.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {SoftHsmToken} from '../support/softhsm-token.ts';
import {SecondHandle} from './second-handle.ts';

const CONNECTIONS = 16;
const SECONDS = process.env['WEBKMS_TEST_LONG'] ? 60 : 3;
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Clients sign while somebody else in the process ends logins and closes all sessions at random. Logins end at any moment. That
 * sessions are closed while a call is inside one SoftHSM2 2.6.1 does not survive: its C_Sign goes on with what C_CloseAllSessions has
 * freed. So they are closed between calls, at any other moment.
 */
describe('signing on 16 connections, with a token whose sessions and logins end at random', function () {
  this.timeout((SECONDS + 60) * 1000);
  let closing: AsyncDisposableStack;
  let hsm: SoftHsmToken;
  let server: TestServer;

  before(async function () {
    closing = new AsyncDisposableStack();
    hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    server = await runServer({environment: hsm.settings});
    closing.defer(() => server.stop());
  });
  after(() => closing.disposeAsync());

  it('gives right signatures alone, each of them, and nothing else', async () => {
    const owner = controller('chaos: owner');
    const invocationSigner = owner.signer;
    const clients = Array.from({length: CONNECTIONS}, () => {
      const httpsAgent = new Agent({...server.agent.options, keepAlive: true, maxSockets: 1});
      closing.defer(async () => httpsAgent.destroy());
      return new OfficialClients({url: server.baseUrl, httpsAgent});
    });
    const {id: keystoreId} = await clients[0]!.createKeystore(owner);
    const keys = await Promise.all(
      clients.slice(0, 4).map(async (client) => {
        const made = await client
          .kms(keystoreId)
          .generateKey({type: 'Ed25519VerificationKey2020', invocationSigner});
        const raw = decode(String(made.keyDescription.publicKeyMultibase).slice(1)).subarray(2);
        const spki = Buffer.concat([ED25519_SPKI, raw]);
        return {keyId: made.keyId, publicKey: createPublicKey({key: spki, format: 'der', type: 'spki'})};
      }),
    );

    const ends = performance.now() + SECONDS * 1000;
    const troubled = trouble(ends);
    const signed = await Promise.all(
      clients.map(async (client, index) => {
        const {keyId, publicKey} = keys[index % keys.length]!;
        let count = 0;
        for (; performance.now() < ends; count += 1) {
          const data = randomBytes(64);
          const signature = await client.kms(keystoreId).sign({keyId, data, invocationSigner});
          expect(verify(null, data, publicKey, signature)).to.equal(true);
        }
        return count;
      }),
    );
    const {logouts, closures} = await troubled;
    const all = signed.reduce((sum, count) => sum + count, 0);
    console.log(`      ${all} signatures, ${logouts} logouts, ${closures} closures of all sessions`);
    for (const count of signed) expect(count).to.be.above(0);
    expect(logouts).to.be.above(SECONDS);
    expect(closures).to.be.above(SECONDS);
  });

  async function trouble(ends: number): Promise<{logouts: number; closures: number}> {
    const other = new SecondHandle(hsm);
    const library = await Pkcs11Library.use(hsm.library);
    const {slot} = other;
    let [logouts, closures] = [0, 0];
    try {
      while (performance.now() < ends) {
        await sleep(Math.random() * 60);
        if (Math.random() < 0.5) {
          await library.exclusively(async () => other.binding.C_CloseAllSessions(slot));
          closures += 1;
        } else {
          try {
            other.logOut();
            logouts += 1;
          } catch (error) {
            // Nobody has logged in since.
            expect(String(error)).to.include('CKR_USER_NOT_LOGGED_IN');
          }
        }
      }
    } finally {
      library.release();
    }
    return {logouts, closures};
  }
});
