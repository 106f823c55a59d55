import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {inspect} from 'node:util';
import {expect} from 'chai';
import {RemoteKms, type RemoteKmsOptions} from '../../../lib/client/remote/remote-kms.ts';
import {InvalidStateError, MalformedRequestError, NotAllowedError} from '../../../lib/errors.ts';
import {controller} from '../../support/did-key.ts';
import {runServer, type TestServer} from '../../support/run-server.ts';
import {refused} from '../refused.ts';

const DATA = Buffer.from('data');
const [alice, bob, carol] = [
  controller('remote: alice'),
  controller('remote: bob'),
  controller('remote: carol'),
];
const anHourFromNow = (): Date => new Date(Date.now() + 3600_000);

describe('RemoteKms', () => {
  let server: TestServer;
  let ca: string;
  let kms: RemoteKms;
  const opened: RemoteKms[] = [];
  const connect = async (options: Pick<RemoteKmsOptions, 'signer' | 'capabilities'>): Promise<RemoteKms> => {
    const connected = await RemoteKms.connect({keystoreId: kms.serviceIdentifier, ca, ...options});
    opened.push(connected);
    return connected;
  };

  before(async () => {
    server = await runServer();
    ca = await readFile(join(server.dataDir, 'tls.crt'), 'utf8');
    kms = await RemoteKms.createKeystore({serverUrl: server.baseUrl, signer: alice.signer, ca});
  });
  after(async () => {
    await Promise.all([kms, ...opened].map((connected) => connected.destroy()));
    await server.stop();
  });

  it('creates a keystore that belongs to the signer', async () => {
    const keystore = await kms.getKeystore();
    expect(keystore).to.deep.equal({
      ...{id: kms.serviceIdentifier, sequence: 0, controllers: [alice.did], kmsModule: 'software'},
    });
    expect(kms.serviceIdentifier.startsWith(`${server.baseUrl}/kms/keystores/z`)).to.equal(true);
  });

  it('creates a keystore as it is asked to, with the agent of its caller, which stays open', async () => {
    const {baseUrl: serverUrl, agent} = server;
    const shared = {serverUrl, signer: alice.signer, agent};
    const first = await RemoteKms.createKeystore({
      ...{...shared, controllers: [alice.did, bob.did], kmsModule: 'ssm-v1'},
      ipAllowList: ['127.0.0.0/8'],
    });
    const {controllers, kmsModule, ipAllowList} = await first.getKeystore();
    expect({controllers, kmsModule, ipAllowList}).to.deep.equal({
      ...{controllers: [alice.did, bob.did], kmsModule: 'ssm-v1', ipAllowList: ['127.0.0.0/8']},
    });
    await first.destroy();
    const second = await RemoteKms.createKeystore(shared);
    expect((await second.getKeystore()).sequence).to.equal(0);
    await second.destroy();
  });

  it('keeps the addresses that are allowed when control is transferred, and is refused from then on', async () => {
    const mine = await RemoteKms.createKeystore({
      ...{serverUrl: server.baseUrl, signer: alice.signer, ca, ipAllowList: ['127.0.0.0/8']},
    });
    const {kid} = await mine.createKey('aes256');
    const {sequence, controllers, ipAllowList} = await mine.setControllers([carol.did]);
    expect({sequence, controllers, ipAllowList}).to.deep.equal({
      ...{sequence: 1, controllers: [carol.did], ipAllowList: ['127.0.0.0/8']},
    });
    expect(await refused(mine.encrypt(kid, DATA))).to.be.instanceOf(NotAllowedError);
    const carols = await RemoteKms.connect({keystoreId: mine.serviceIdentifier, ca, signer: carol.signer});
    expect(await carols.encrypt(kid, DATA)).to.match(/^webkms:v1:/);
    await Promise.all([mine.destroy(), carols.destroy()]);
  });

  it('delegates offline; the delegate does that, and no more, until it is revoked', async () => {
    const {kid} = await kms.createKey('aes256');
    const {kid: other} = await kms.createKey('aes256');
    const capability = await kms.delegate({
      ...{to: bob.did, keyId: kid, actions: ['encrypt', 'read'], expires: anHourFromNow()},
    });
    expect(capability).to.include({controller: bob.did, invocationTarget: kid});
    const bobs = await connect({signer: bob.signer, capabilities: [capability]});
    const text = await bobs.encrypt(kid, DATA);
    expect(DATA.equals(await kms.decrypt(kid, text))).to.equal(true);
    expect((await bobs.getKey(kid)).shortName).to.equal('aes256');
    // What no capability allows is not even sent.
    for (const attempt of [bobs.decrypt(kid, text), bobs.encrypt(other, DATA), bobs.createKey('aes256')]) {
      const error = await refused(attempt);
      expect(error).to.be.instanceOf(NotAllowedError);
      expect(error.publicCause?.message).to.match(/^None of the capabilities of this connection allows/);
    }
    expect(await ids(kms)).to.not.include(capability.id);
    await kms.revoke(capability);
    expect((await refused(bobs.encrypt(kid, DATA))).publicCause?.message).to.include('revoked');
    const revocations = [];
    for await (const revocation of kms.listRevocations()) revocations.push(revocation);
    expect(revocations.find(({id}) => id === capability.id)).to.include({
      ...{delegator: alice.did, revoker: alice.did},
    });
  });

  it('uses the narrowest capability that fits, and delegates on what it was delegated', async () => {
    const {kid} = await kms.createKey('aes256');
    const expires = anHourFromNow();
    const wide = await kms.delegate({to: bob.did, actions: ['read', 'encrypt'], expires});
    const narrow = await kms.delegate({to: bob.did, keyId: kid, actions: ['encrypt'], expires});
    const bobs = await connect({signer: bob.signer, capabilities: [wide, narrow]});
    expect(await bobs.encrypt(kid, DATA)).to.match(/^webkms:v1:/);
    await kms.revoke(narrow);
    expect((await refused(bobs.encrypt(kid, DATA))).publicCause?.message).to.include('revoked');
    expect((await bobs.getKey(kid)).kid).to.equal(kid);

    const further = await bobs.delegate({to: carol.did, keyId: kid, actions: ['read'], expires});
    expect(further['parentCapability']).to.equal(wide.id);
    const carols = await connect({signer: carol.signer, capabilities: [further]});
    expect((await carols.getKey(kid)).kid).to.equal(kid);
    expect(await refused(carols.encrypt(kid, DATA))).to.be.instanceOf(NotAllowedError);
    const more = bobs.delegate({to: carol.did, keyId: kid, actions: ['decrypt'], expires});
    expect(await refused(more)).to.be.instanceOf(NotAllowedError);
    const later = new Date(expires.getTime() + 60_000);
    const longer = bobs.delegate({to: carol.did, keyId: kid, actions: ['read'], expires: later});
    expect(await refused(longer))
      .to.be.instanceOf(MalformedRequestError)
      .with.property(
        'message',
        `What is delegated on cannot last longer than what was delegated: until ${String(wide['expires'])}.`,
      );
  });

  it('is refused what nobody delegated, and delegates nothing senseless', async () => {
    const strangers = await connect({signer: bob.signer});
    const {kid} = await kms.createKey('aes256');
    const error = await refused(strangers.encrypt(kid, DATA));
    expect([error.code, error.message]).to.deep.equal(['ERR_NOT_ALLOWED', 'Authorization error.']);
    const [to, expires] = [bob.did, anHourFromNow()];
    for (const request of [
      {to, expires, actions: []},
      {to, expires: new Date(Number.NaN), actions: ['sign']},
      {to, expires: new Date(Date.now() - 1000), actions: ['sign']},
      {to, expires, actions: ['sign'], keyId: `${server.baseUrl}/kms/keystores/z1other/keys/z1`},
    ]) {
      expect(await refused(kms.delegate(request))).to.be.instanceOf(MalformedRequestError);
    }
    const capabilities = [{id: 'urn:uuid:1', invocationTarget: kid}];
    const attempt = RemoteKms.connect({keystoreId: kms.serviceIdentifier, signer: bob.signer, capabilities});
    expect(await refused(attempt)).to.be.instanceOf(MalformedRequestError);
  });

  it('makes the same change twice in a second where it is asked twice', async () => {
    const {kid} = await kms.createKey('aes256');
    await Promise.all([kms.updateKey(kid, {description: 'A.'}), kms.updateKey(kid, {description: 'A.'})]);
    for (let i = 0; i < 5; i++) await kms.rotateKey(kid);
    expect((await kms.getKey(kid)).currentVersion).to.equal(6);
  });

  it('goes to https only, and to no URL that is written otherwise', async () => {
    const {signer} = alice;
    for (const keystoreId of [
      kms.serviceIdentifier.replace('https:', 'http:'),
      kms.serviceIdentifier.replace('https://', 'https://user:password@'),
      kms.serviceIdentifier.replace('https://', 'HTTPS://'),
      `${kms.serviceIdentifier}/`,
      `${kms.serviceIdentifier}?a=b`,
      `${kms.serviceIdentifier}#a`,
      kms.serviceIdentifier.replace('/kms/', '/x/../kms/'),
      'z1',
    ]) {
      const attempt = RemoteKms.connect({keystoreId, signer, ca});
      expect(await refused(attempt), keystoreId).to.be.instanceOf(MalformedRequestError);
    }
    for (const serverUrl of [server.baseUrl.replace('https:', 'http:'), `${server.baseUrl}/kms`]) {
      const attempt = RemoteKms.createKeystore({serverUrl, signer, ca});
      expect(await refused(attempt), serverUrl).to.be.instanceOf(MalformedRequestError);
    }
    const same = await connect({signer});
    expect((await same.getKeystore()).id).to.equal(kms.serviceIdentifier);
  });

  it('shows nothing of its credential, and forgets it', async () => {
    const marked = {id: alice.keyId, secret: 'do not show', sign: alice.signer.sign.bind(alice.signer)};
    const connected = await connect({signer: marked});
    expect((await connected.getKeystore()).sequence).to.equal(0);
    const shown = inspect(connected, {depth: null, showHidden: true}) + JSON.stringify(connected);
    expect(shown).to.not.include('do not show');
    await connected.destroy();
    for (const attempt of [
      connected.getKeystore(),
      connected.setControllers([bob.did]),
      connected.listRevocations().next(),
      connected.encrypt(`${kms.serviceIdentifier}/keys/z1`, DATA),
    ]) {
      expect(await refused(attempt)).to.be.instanceOf(InvalidStateError);
    }
  });
});

async function ids(kms: RemoteKms): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const {id} of kms.listRevocations()) found.push(id);
  return found;
}
