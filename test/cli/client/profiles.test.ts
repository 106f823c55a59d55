import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {Person} from './webkms-command.ts';

const PASSPHRASE = 'correct horse, bättery staple';

interface InitResult {
  readonly did: string;
  readonly keystore: string;
  readonly controller_key: string;
  readonly sealed: boolean;
}

/** With local profiles: no server is needed for what a profile is. */
describe('webkms: profiles', function () {
  this.timeout(60_000);
  let person: Person;
  const init = async (...args: readonly string[]): Promise<InitResult> =>
    JSON.parse(await person.ok('init', '--local', '--json', ...args)) as InitResult;
  const refused = async (code: number, ...args: readonly string[]): Promise<string> => {
    const outcome = await person.run(args);
    expect(outcome, args.join(' ')).to.include({code, out: ''});
    expect(outcome.err).to.match(/^(?:webkms: )?[^\n]+\n/);
    return outcome.err;
  };
  const modeOf = (...names: readonly string[]): number => statSync(join(person.home, ...names)).mode & 0o777;

  beforeEach(async () => {
    person = await Person.create();
  });
  afterEach(() => person[Symbol.asyncDispose]());

  it('are private files in private directories', async () => {
    const {sealed, controller_key: key} = await init();
    expect(sealed).to.equal(false);
    expect(modeOf('profiles')).to.equal(0o700);
    expect(modeOf('profiles', 'default')).to.equal(0o700);
    expect(modeOf('profiles', 'default', 'profile.json')).to.equal(0o600);
    expect(key).to.equal(join(person.home, 'profiles/default/controller.key'));
    expect(statSync(key).mode & 0o777).to.equal(0o600);
    expect(readdirSync(join(person.home, 'profiles/default')).sort()).to.deep.equal([
      ...['controller.key', 'data', 'profile.json'],
    ]);
  });

  it('are several, each with its own DID and keystore; the one in use is named by option or environment', async () => {
    const first = await init();
    const second = await init('--profile', 'work');
    expect(second.did).not.to.equal(first.did);
    expect(second.keystore).not.to.equal(first.keystore);
    const listed = await person.ok('profiles');
    expect(listed).to.match(/^PROFILE +KIND +DID +KEYSTORE\ndefault \* +local .*\nwork +local .*\n$/);
    expect(listed).to.contain(first.did).and.to.contain(second.keystore);
    await person.ok('create', 'a', '--type', 'aes256', '--profile', 'work');
    expect(await person.ok('list')).to.equal('NAME  TYPE  VERSION  STATUS\n');
    const environment = {WEBKMS_PROFILE: 'work'};
    expect((await person.run(['list'], {environment})).out).to.match(/^a +aes256/m);
    expect((await person.run(['list', '--profile', 'default'], {environment})).out).not.to.contain('aes256');
    expect(await refused(3, 'list', '--profile', 'wrok')).to.contain('There is: default, work.');
    for (const name of ['../x', 'a/b', '.', '-x', 'a b', 'x'.repeat(65)]) {
      await refused(2, 'list', `--profile=${name}`);
    }
  });

  it('say where there is none what makes one', async () => {
    expect(await refused(3, 'list')).to.equal(
      'webkms: There is no profile "default". Make one with: webkms init --local, or webkms init --server URL\n',
    );
    expect(readdirSync(person.folder)).to.deep.equal([]);
  });

  it('are not overwritten; put aside with --force, they can be taken up again', async () => {
    const first = await init();
    await person.ok('create', 'a', '--type', 'aes256');
    expect(await refused(4, 'init', '--local')).to.contain('--force');
    const {out, err} = await person.run(['init', '--local', '--force', '--json']);
    expect((JSON.parse(out) as InitResult).did).not.to.equal(first.did);
    const [, aside = ''] = /is now (\S+)\n/.exec(err) ?? [];
    expect(await person.ok('list')).not.to.contain('aes256');
    const key = join(aside, 'controller.key');
    const back = await init('--profile', 'back', '--key', key, '--data-dir', join(aside, 'data'));
    expect(back).to.include({did: first.did, keystore: first.keystore});
    expect(await person.ok('list', '--profile', 'back')).to.match(/^a +aes256/m);
  });

  it('go on where an init did not end: its controller key is used', async () => {
    const {did} = await init();
    rmSync(join(person.home, 'profiles/default/profile.json'));
    expect(await refused(3, 'list')).to.contain('Run it again: webkms init --profile default');
    expect(await person.ok('profiles')).to.match(/^default \* +unfinished *$/m);
    expect(JSON.parse(await person.ok('profiles', '--json'))).to.deep.equal([
      {name: 'default', current: true, kind: 'unfinished'},
    ]);
    const {out, err} = await person.run(['init', '--local', '--json']);
    expect((JSON.parse(out) as InitResult).did).to.equal(did);
    expect(err).to.contain('was there already');
    rmSync(join(person.home, 'profiles/default/profile.json'));
    writeFileSync(person.path('passphrase'), PASSPHRASE, {mode: 0o600});
    expect(await refused(4, 'init', '--local', '--passphrase-file', 'passphrase')).to.contain(
      'no passphrase seals it',
    );
    const again = ['init', '--local', '--json', '--key', 'backup.key'];
    writeFileSync(person.path('backup.key'), Buffer.alloc(32, 7).toString('base64url'), {mode: 0o600});
    expect(await refused(4, ...again)).to.contain('another controller key');
    copyFileSync(join(person.home, 'profiles/default/controller.key'), person.path('backup.key'));
    expect((JSON.parse(await person.ok(...again)) as InitResult).did).to.equal(did);
  });

  it('are sealed by a passphrase, which is asked for by what signs', async () => {
    const file = person.path('passphrase');
    writeFileSync(file, `${PASSPHRASE}\n`, {mode: 0o600});
    const sealed = await init('--passphrase-file', 'passphrase');
    expect(sealed.sealed).to.equal(true);
    const {did, kdf} = JSON.parse(readFileSync(sealed.controller_key, 'utf8')) as {
      did: string;
      kdf: {kdf: string};
    };
    expect({did, kdf: kdf.kdf}).to.deep.equal({did: sealed.did, kdf: 'argon2id'});

    const from = ['init', '--local', '--profile', 'copy', '--key', sealed.controller_key];
    expect(await refused(4, ...from)).to.contain('--passphrase-file FILE, or WEBKMS_PASSPHRASE_FILE');
    writeFileSync(person.path('wrong'), 'another passphrase', {mode: 0o600});
    expect(await refused(4, ...from, '--passphrase-file', 'wrong')).to.contain('does not open');
    const environment = {WEBKMS_PASSPHRASE_FILE: file};
    const copied = await person.run([...from, '--json'], {environment});
    expect(JSON.parse(copied.out)).to.include({did: sealed.did, sealed: true});
  });

  it('take no passphrase that is short, of others, or not there', async () => {
    const file = person.path('passphrase');
    writeFileSync(file, 'short', {mode: 0o600});
    expect(await refused(4, 'init', '--local', '--passphrase-file', file)).to.contain(
      'at least 12 characters',
    );
    writeFileSync(file, PASSPHRASE);
    chmodSync(file, 0o644);
    expect(await refused(4, 'init', '--local', '--passphrase-file', file)).to.contain('chmod 600');
    expect(await refused(3, 'init', '--local', '--passphrase-file', 'nowhere')).to.contain('does not exist');
    expect(readdirSync(person.folder).sort()).to.deep.equal(['passphrase']);
  });

  it('follow no links, and believe nothing that others may have written', async () => {
    await init();
    const directory = join(person.home, 'profiles/default');
    chmodSync(join(directory, 'profile.json'), 0o644);
    expect(await refused(4, 'list')).to.contain('chmod 600');
    chmodSync(join(directory, 'profile.json'), 0o600);
    chmodSync(directory, 0o770);
    expect(await refused(4, 'list')).to.contain('chmod 700');
    chmodSync(directory, 0o700);
    await person.ok('list');

    mkdirSync(person.path('elsewhere'), {mode: 0o700});
    symlinkSync(person.path('elsewhere'), join(person.home, 'profiles/link'));
    expect(await refused(4, 'init', '--local', '--profile', 'link')).to.contain('Links are not followed');
    mkdirSync(join(person.home, 'profiles/planted'), {mode: 0o700});
    symlinkSync(person.path('target'), join(person.home, 'profiles/planted/controller.key'));
    expect(await refused(4, 'init', '--local', '--profile', 'planted')).to.contain('already');
    expect(readdirSync(person.folder).sort()).to.deep.equal(['elsewhere', 'home']);
  });

  it('are refused where their file is damaged', async () => {
    await init();
    const path = join(person.home, 'profiles/default/profile.json');
    const text = readFileSync(path, 'utf8');
    for (const damaged of [
      '',
      '{',
      '[]',
      text.replace('"format": 1', '"format": 2'),
      text.replace('"local"', '"x"'),
    ]) {
      writeFileSync(path, damaged);
      expect(await refused(1, 'list')).to.contain('cannot be used');
    }
    writeFileSync(path, text);
    await person.ok('list');
  });

  it('are made of options that fit together', async () => {
    for (const args of [
      [],
      ['--local', '--server', 'https://kms.example'],
      ['--local', '--ca', 'x'],
      ['--local', '--keystore', 'https://kms.example/kms/keystores/z1'],
      ['--server', 'kms.example'],
      ['--server', 'https://kms.example/path'],
      ['--server', 'https://user@kms.example'],
      ['--server', 'https://kms.example', '--data-dir', 'x'],
      ['--server', 'https://kms.example', '--capability', 'x'],
      ['--server', 'https://kms.example', '--keystore', 'https://other.example/kms/keystores/z1'],
    ]) {
      await refused(2, 'init', ...args);
    }
    writeFileSync(person.path('not-a-certificate'), 'x');
    await refused(1, 'init', '--server', 'https://kms.example', '--ca', 'not-a-certificate');
    await refused(3, 'init', '--server', 'https://kms.example', '--ca', 'nowhere');
    expect(readdirSync(person.folder)).to.deep.equal(['not-a-certificate']);
  });
});
