import type {CapabilityDocument, KeyDescription, KeystoreConfigDocument} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {verifiesIndependently} from '../official-clients/independent-keys.ts';
import {expectForbidden} from '../official-clients/refusal.ts';
import {controller} from '../support/did-key.ts';
import {useFerretdb} from '../support/ferretdb-server.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {usePostgres} from '../support/postgres-server.ts';
import {Random} from '../support/random.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {CrashingServer, type DatabaseSource} from './crashing-server.ts';
import {AT_ONCE, type AtOnce} from './kill-while-busy.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_122);
const DATA = Buffer.from('data');
const KEY_TYPES = [
  'Ed25519VerificationKey2020',
  'urn:webkms:multikey:P-256',
  'urn:webkms:multikey:ML-DSA-44',
];

interface GeneratedKey {
  readonly type: string;
  readonly keyId: string;
  readonly keyDescription: KeyDescription;
}

interface KillOptions {
  /** An even number. */
  readonly kills: number;
  /** Called in the `describe`. Default: SQLite */
  readonly use?: () => DatabaseSource;
  readonly atOnce?: AtOnce;
  /** Settings. */
  readonly environment?: Readonly<Record<string, string>>;
}

function describeKills(store: string, {kills, use, atOnce = AT_ONCE, environment = {}}: KillOptions): void {
  describe(`kill -9, on ${store}`, function () {
    const times = LONG ? 20 : kills;
    this.timeout(30_000 + times * 10_000);
    testKills(times, {databases: use?.(), atOnce, environment});
  });
}

function testKills(
  kills: number,
  {
    atOnce,
    ...options
  }: {
    databases: DatabaseSource | undefined;
    atOnce: AtOnce;
    environment: Readonly<Record<string, string>>;
  },
): void {
  const [owner, alice] = [controller('kill: owner'), controller('kill: alice')];
  const {signer: invocationSigner} = owner;
  let server: CrashingServer;

  beforeEach(async () => (server = await CrashingServer.start({...options, atOnce})));
  afterEach(async () => server.remove());

  it(`${kills} times while keys are generated: every key that was answered signs (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const {id: keystoreId} = await server.clients.createKeystore(owner);
    const keys: GeneratedKey[] = [];
    let interrupted = 0;
    for (let kill = 0; kill < kills; kill++) {
      const {answered, inFlight} = await server.crashDuring(random, async (): Promise<GeneratedKey> => {
        const type = random.pick(KEY_TYPES);
        const generated = await server.clients.kms(keystoreId).generateKey({type, invocationSigner});
        return {type, ...generated};
      });
      expect(inFlight).to.be.at.least(atOnce.least);
      interrupted += inFlight;
      for (const key of answered) await expectSigns(keystoreId, key);
      keys.push(...answered);
    }
    // Also those of the first kills after the last.
    for (const key of keys) await expectSigns(keystoreId, key);

    const stored = await listKeys(keystoreId);
    const descriptions = new Map(stored.map((description) => [description.id, description]));
    for (const {keyId, keyDescription} of keys) expect(descriptions.get(keyId)).to.deep.equal(keyDescription);
    console.log(
      `    ${kills} kills: ${keys.length} keys answered; of ${interrupted} requests in flight, ${stored.length - keys.length} stored`,
    );
    // What was interrupted is stored whole or not at all.
    expect(stored.length - keys.length).to.be.within(0, interrupted);
    for (const {id: keyId} of stored) {
      expect(
        await server.clients.kms(keystoreId).sign({keyId, data: DATA, invocationSigner}),
      ).not.to.have.length(0);
    }
  });

  it(`${kills / 2} times while capabilities are revoked: what was answered is refused (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const {keystoreId, keyId} = await server.clients.createKey(owner);
    const delegateKey = async (): Promise<CapabilityDocument> =>
      server.clients.zcap(owner).delegate({
        capability: rootCapabilityId(keystoreId),
        invocationTarget: keyId,
        controller: alice.did,
        expires: new Date(Date.now() + 3600_000),
      });
    const sign = async (capability: CapabilityDocument) =>
      server.clients.kms().sign({keyId, data: DATA, capability, invocationSigner: alice.signer});
    const kept = await delegateKey();
    const revoked: CapabilityDocument[] = [];
    for (let kill = 0; kill < kills / 2; kill++) {
      const {answered} = await server.crashDuring(random, async () => {
        const capability = await delegateKey();
        await server.clients.kms().revokeCapability({capabilityToRevoke: capability, invocationSigner});
        return capability;
      });
      revoked.push(...answered);
      expect(await sign(kept)).to.have.length(64);
      for (const capability of revoked) await expectForbidden(sign(capability), 'has been revoked');
    }
  });

  it(`${kills / 2} times while keystores change hands: what was answered holds (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const transferred: KeystoreConfigDocument[] = [];
    for (let kill = 0; kill < kills / 2; kill++) {
      const {answered} = await server.crashDuring(random, async () => {
        const created = await server.clients.createKeystore(owner);
        const config = {...created, sequence: 1, controller: alice.did};
        return (await server.clients.kms(created.id).updateKeystore({config, invocationSigner})).config;
      });
      transferred.push(...answered);
      for (const config of transferred) {
        const kms = server.clients.kms(config.id);
        expect(await kms.getKeystore({invocationSigner: alice.signer})).to.deep.equal(config);
        await expectForbidden(kms.getKeystore({invocationSigner}), 'capability controller does not match');
      }
    }
  });

  it('leaves the root of trust as it is', async () => {
    const {keystoreId, keyId} = await server.clients.createKey(owner);
    const before = await server.clients.kms(keystoreId).sign({keyId, data: DATA, invocationSigner});
    await server.crash();
    await server.crash();
    const after = await server.clients.kms(keystoreId).sign({keyId, data: DATA, invocationSigner});
    expect(after).to.deep.equal(before);
  });

  async function expectSigns(keystoreId: string, {type, keyId, keyDescription}: GeneratedKey): Promise<void> {
    const signature = await server.clients.kms(keystoreId).sign({keyId, data: DATA, invocationSigner});
    const isSigned = {description: keyDescription, data: DATA, signature};
    expect(await verifiesIndependently(type, isSigned), keyId).to.equal(true);
  }

  async function listKeys(keystoreId: string): Promise<KeyDescription[]> {
    const listed: KeyDescription[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const {data} = await server.clients.zcap(owner).read({
        url: `${keystoreId}/keys?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
        capability: rootCapabilityId(keystoreId),
      });
      const page = data as {results: KeyDescription[]; cursor?: string};
      listed.push(...page.results);
      cursor = page.cursor;
    }
    return listed;
  }
}

describeKills('SQLite', {kills: 4});
describeKills('PostgreSQL', {kills: 4, use: usePostgres});
// The key process ends with who asks it.
describeKills('PostgreSQL, keys in a process of their own', {
  kills: 2,
  use: usePostgres,
  environment: {WEBKMS_ISOLATION: 'process'},
});
// In memory: what it holds outlives the server all the same.
describeKills('mongo-java-server', {kills: 2, use: useMongoJavaServer});
// Its updates read, and then write: of two at once one can be lost, a number given out twice, and a creation refused for that.
describeKills('FerretDB', {kills: 2, use: useFerretdb, atOnce: {most: 1, least: 1}});
