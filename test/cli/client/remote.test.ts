import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {runServerProcess, type TestServer} from '../../support/run-server.ts';
import {describeKeyLines} from './key-lines.suite.ts';
import {Person, SOMEBODY} from './webkms-command.ts';

let server: TestServer;

/** Somebody with a keystore of their own. */
async function newPerson(): Promise<Person> {
  const person = await Person.create();
  const ca = join(server.dataDir, 'tls.crt');
  const {code, out, err} = await person.run(['init', '--server', server.baseUrl, '--ca', ca]);
  const lines = [
    'Profile: default',
    'DID: did:key:z6Mk\\w+',
    `Keystore: ${server.baseUrl}/kms/keystores/z\\w+`,
  ];
  expect(out).to.match(
    new RegExp(`^${lines.join('\n')}\nBack up: ${person.home}/profiles/default/controller.key\n$`),
  );
  expect({code, err}).to.deep.equal({
    code: 0,
    err: 'The controller key is not sealed by a passphrase: whoever can read its file controls the keystore.\n',
  });
  return person;
}

async function didOf(person: Person): Promise<string> {
  const [profile] = JSON.parse(await person.ok('profiles', '--json')) as [{did: string}];
  return profile.did;
}

describe('webkms and a server', function () {
  this.timeout(120_000);

  before(async () => {
    server = await runServerProcess();
  });
  after(() => server.stop());

  describeKeyLines({name: 'of a server', create: newPerson});
  describe('authority', describeAuthority);
});

function describeAuthority(): void {
  let alice: Person;
  let bob: Person;
  let keyId: string;
  const refused = async (person: Person, code: number, ...args: readonly string[]): Promise<string> => {
    const outcome = await person.run(args);
    expect(outcome, args.join(' ')).to.include({code, out: ''});
    expect(outcome.err).to.match(/^webkms: [^\n]+\n(?:Try webkms [a-z-]+ --help\.\n)?$/);
    return outcome.err;
  };

  before(async () => {
    alice = await newPerson();
    bob = await Person.create();
    await alice.ok('create', 'releases', '--type', 'ecdsa-p256');
    ({id: keyId} = JSON.parse(await alice.ok('info', 'releases')) as {id: string});
    const [{keystore}] = JSON.parse(await alice.ok('profiles', '--json')) as [{keystore: string}];
    const ca = join(server.dataDir, 'tls.crt');
    await bob.ok('init', '--server', server.baseUrl, '--ca', ca, '--keystore', keystore);
  });
  after(async () => {
    await alice[Symbol.asyncDispose]();
    await bob[Symbol.asyncDispose]();
  });

  it('delegate NAME --to DID --action sign --expires 7d, accept', async () => {
    expect(await refused(bob, 4, 'sign', keyId, 'data')).to.match(/^webkms: Not allowed: /);
    const to = await didOf(bob);
    const printed = await alice.ok('delegate', 'releases', '--to', to, '--action', 'sign', '--expires', '7d');
    const capability = JSON.parse(printed) as Record<string, string>;
    expect(capability).to.deep.include({controller: to, invocationTarget: keyId, allowedAction: ['sign']});
    const days = (Date.parse(capability['expires'] ?? '') - Date.now()) / 86_400_000;
    expect(days).to.be.within(6.9, 7);
    writeFileSync(bob.path('from-alice.json'), printed);
    expect(await bob.ok('accept', 'from-alice.json')).to.equal(
      `Accepted: ${capability['id']}\nFor: ${keyId}\n`,
    );
    const signature = (await bob.ok('sign', keyId, 'data')).trim();
    expect(await alice.ok('verify', 'releases', 'data', signature)).to.equal('valid\n');
    expect(await refused(bob, 4, 'verify', keyId, 'data', signature)).to.contain('Not allowed');
    expect(await refused(bob, 4, 'rotate', keyId)).to.contain('Not allowed');
    // What the key is may be known to all who may use it.
    expect(await bob.ok('public-key', keyId)).to.equal(await alice.ok('public-key', 'releases'));
    const info = JSON.parse(await bob.ok('info', keyId)) as object;
    expect(info)
      .to.include({id: keyId, name: keyId, status: 'active'})
      .and.not.have.any.keys('tags', 'policy');
    writeFileSync(bob.path('data'), 'data');
    const ofFile = (await bob.ok('sign', keyId, '--input', 'data')).trim();
    expect(await alice.ok('verify', 'releases', 'data', ofFile)).to.equal('valid\n');
    expect(await bob.ok('list')).to.match(/^KEY +ACTIONS +EXPIRES\nhttps:\S+ +sign +2[0-9T:.-]+Z\n$/);
    expect(JSON.parse(await bob.ok('list', '--json'))).to.deep.equal([capability]);
    const [profile] = JSON.parse(await bob.ok('profiles', '--json')) as [Record<string, unknown>];
    const {id, expires} = capability;
    expect(profile).to.have.all.keys('name', 'current', 'kind', 'did', 'keystore', 'server', 'capabilities');
    expect(profile['capabilities']).to.deep.equal([
      {id, invocationTarget: keyId, allowedAction: ['sign'], expires},
    ]);
    expect(await refused(alice, 4, 'accept', printed)).to.contain('another DID');
  });

  it('delegate: what is missing or wrong is said before anything is done', async () => {
    const to = ['--to', SOMEBODY];
    const [action, expires] = [
      ['--action', 'sign'],
      ['--expires', '7d'],
    ];
    expect(await refused(alice, 2, 'delegate', 'releases', ...action, ...expires)).to.contain(
      '--to is missing',
    );
    expect(await refused(alice, 2, 'delegate', 'releases', ...to, ...expires)).to.contain(
      '--action is missing',
    );
    expect(await refused(alice, 2, 'delegate', 'releases', ...to, ...action)).to.contain(
      '--expires is missing',
    );
    const bad = ['--to', 'bob', ...action, ...expires];
    expect(await refused(alice, 2, 'delegate', 'releases', ...bad)).to.contain('--to must be a DID');
    const unknown = [...to, '--action', 'sing', ...expires];
    expect(await refused(alice, 2, 'delegate', 'releases', ...unknown)).to.contain('--action must be one of');
    await refused(alice, 3, 'delegate', 'nothing', ...to, ...action, ...expires);
    const encrypt = [...to, '--action', 'encrypt', ...expires];
    expect(await refused(alice, 2, 'delegate', 'releases', ...encrypt)).to.contain('it can sign, verify.');
    const {code, err} = await alice.run(['delegate', 'releases', ...to, ...action, '--expires', '365d']);
    expect({code, err})
      .to.deep.include({code: 0})
      .and.property('err')
      .to.contain('WEBKMS_MAX_DELEGATION_TTL');
  });

  it('accept says how a profile for the keystore of somebody else is made, with the same DID', async () => {
    const carol = await newPerson();
    try {
      const to = ['--to', await didOf(carol), '--action', 'sign', '--expires', '7d'];
      const capability = await alice.ok('delegate', 'releases', ...to);
      const advice = await refused(carol, 4, 'accept', capability);
      const [, line = ''] = /: webkms (init .*); then accept it/.exec(advice) ?? [];
      const init = line.replace('NAME', 'alices').split(' ');
      await carol.ok(...init, '--ca', join(server.dataDir, 'tls.crt'));
      await carol.ok('accept', capability, '--profile', 'alices');
      const signature = (await carol.ok('sign', keyId, 'data', '--profile', 'alices')).trim();
      expect(await alice.ok('verify', 'releases', 'data', signature)).to.equal('valid\n');
    } finally {
      await carol[Symbol.asyncDispose]();
    }
  });

  it('revoke CAPABILITY, revocations', async () => {
    expect(await alice.ok('revocations')).to.equal('CAPABILITY  REVOKED  EXPIRES  DELEGATOR\n');
    const text = readFileSync(bob.path('from-alice.json'), 'utf8');
    const {id} = JSON.parse(text) as {id: string};
    expect(await alice.ok('revoke', text)).to.equal(`Revoked: ${id}\n`);
    expect(await refused(bob, 4, 'sign', keyId, 'data')).to.contain('revoked');
    const [header, line, ...rest] = (await alice.ok('revocations')).split('\n');
    expect(header).to.match(/^CAPABILITY +REVOKED +EXPIRES +DELEGATOR$/);
    expect(line?.split(/ +/)).to.include.members([id, await didOf(alice)]);
    expect(rest).to.deep.equal(['']);
    expect(JSON.parse(await alice.ok('revocations', '--json'))).to.have.length(1);

    const to = ['--to', await didOf(bob), '--action', 'sign', '--action', 'verify', '--expires', '12h'];
    await alice.ok('delegate', 'releases', ...to, '--output', 'second.json');
    expect(await alice.ok('revoke', 'second.json')).to.match(/^Revoked: urn:uuid:/);
    const third = await alice.ok('delegate', 'releases', ...to);
    expect((await alice.run(['revoke', '-'], {input: third})).out).to.match(/^Revoked: urn:uuid:/);
    await refused(alice, 3, 'revoke', 'nowhere.json');
    await refused(alice, 2, 'revoke', '{"id": 1}');
    const unsigned = {...(JSON.parse(third) as object), proof: undefined};
    for (const other of [unsigned, {...unsigned, proof: {}, id: 'urn:\u001b[2J'}]) {
      expect(await refused(bob, 2, 'accept', JSON.stringify(other))).to.contain('not a delegated capability');
    }
  });

  it('transfer --to DID', async () => {
    const to = await didOf(bob);
    const [{keystore}] = JSON.parse(await alice.ok('profiles', '--json')) as [{keystore: string}];
    expect(await refused(alice, 2, 'transfer', '--to', to)).to.contain('give --yes');
    const both = ['--to', await didOf(alice), '--to', to, '--yes'];
    expect(await alice.ok('transfer', ...both)).to.equal(
      `Transferred: ${keystore} is controlled by ${await didOf(alice)} and ${to}\n`,
    );
    await alice.ok('list');
    expect(await alice.ok('transfer', '--to', to, '--yes')).to.equal(
      `Transferred: ${keystore} is controlled by ${to}\n`,
    );
    expect(await refused(alice, 4, 'list')).to.contain('Not allowed');
    expect(await refused(alice, 4, 'transfer', '--to', await didOf(alice), '--yes')).to.contain(
      'Not allowed',
    );
    const ca = join(server.dataDir, 'tls.crt');
    const key = join(bob.home, 'profiles/default/controller.key');
    const own = ['--keystore', keystore, '--key', key, '--profile', 'own'];
    await bob.ok('init', '--server', server.baseUrl, '--ca', ca, ...own);
    expect(await bob.ok('list', '--profile', 'own')).to.match(/^releases +ecdsa-p256 +1 +active$/m);
  });

  it('forget CAPABILITY: who has become the controller is no delegate any more', async () => {
    const isListed = /^releases +ecdsa-p256 +1 +active$/m;
    expect(await bob.ok('list')).to.match(/^KEY +ACTIONS/);
    expect(await refused(bob, 4, 'rotate', keyId)).to.contain('webkms forget all');
    const {id} = JSON.parse(readFileSync(bob.path('from-alice.json'), 'utf8')) as {id: string};
    await refused(bob, 3, 'forget', 'urn:uuid:another');
    expect(await bob.ok('forget', id)).to.equal(`Forgotten: ${id}\n`);
    expect(await bob.ok('list')).to.match(isListed);
    expect(await refused(bob, 3, 'forget', 'from-alice.json')).to.contain('no such capability');
    for (const words of ['from-alice.json', keyId, 'all']) {
      await bob.ok('accept', 'from-alice.json');
      expect(await bob.ok('list')).to.match(/^KEY +ACTIONS/);
      expect(JSON.parse(await bob.ok('forget', words, '--json'))).to.deep.equal({forgotten: [id], left: 0});
      expect(await bob.ok('list')).to.match(isListed);
    }
    expect(await refused(bob, 3, 'forget', 'all')).to.contain('no such capability');
  });

  it('says what to do where the server cannot be asked, and ends with 5; or the profile is not in order', async () => {
    const untrusted = ['init', '--server', server.baseUrl, '--profile', 'x'];
    expect(await refused(alice, 5, ...untrusted)).to.contain('not trusted');
    const nobody = ['init', '--server', 'https://localhost:1', '--profile', 'y'];
    expect(await refused(alice, 5, ...nobody)).to.contain('nothing listens there');
    const key = join(alice.home, 'profiles/default/controller.key');
    copyFileSync(join(bob.home, 'profiles/default/controller.key'), key);
    expect(await refused(alice, 4, 'list')).to.contain(
      `is that of ${await didOf(bob)}, not of the profile's`,
    );
    const plain = ['init', '--server', server.baseUrl.replace('https', 'http')];
    expect(await refused(alice, 2, ...plain)).to.contain('must be an https URL');
  });
}
