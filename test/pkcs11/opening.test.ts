import {execFile} from 'node:child_process';
import {chmod, readFile, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {Pkcs11Token, type Pkcs11TokenOptions} from '../../lib/pkcs11/pkcs11-token.ts';
import {TokenError} from '../../lib/pkcs11/token-error.ts';
import {SoftHsmToken} from '../support/softhsm-token.ts';

const run = promisify(execFile);

describe('opening a token of PKCS #11', () => {
  let closing: AsyncDisposableStack;
  let hsm: SoftHsmToken;
  beforeEach(async function () {
    closing = new AsyncDisposableStack();
    hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
  });
  afterEach(() => closing.disposeAsync());

  async function refusal(options: Partial<Pkcs11TokenOptions>): Promise<TokenError> {
    const [result] = await Promise.allSettled([Pkcs11Token.open(hsm.options(options))]);
    if (result.status === 'fulfilled') {
      await result.value.close();
      throw new Error('It was opened.');
    }
    const error: unknown = result.reason;
    if (!(error instanceof TokenError)) throw error;
    expect(error.message).not.to.include(hsm.pin);
    return error;
  }

  async function opens(options: Partial<Pkcs11TokenOptions> = {}): Promise<void> {
    const token = await Pkcs11Token.open(hsm.options(options));
    await token.check();
    await token.close();
  }

  it('opens one by its label, its serial number, or both, and again after it was closed', async () => {
    const token = await Pkcs11Token.open(hsm.options());
    const {serial, label} = token.description;
    expect(label).to.equal(hsm.label);
    await token.close();
    await token.close();
    await opens({token: {serial}});
    await opens({token: {label, serial, manufacturer: 'SoftHSM project'}});
    expect((await refusal({token: {label, serial: `${serial}0`}})).reason).to.equal('token-absent');
  });

  it('opens one twice at the same time', async () => {
    const both = await Promise.all([Pkcs11Token.open(hsm.options()), Pkcs11Token.open(hsm.options())]);
    await both[0].close();
    await both[1].check();
    await both[1].close();
  });

  it('opens one that came after the library had begun its work for another, which goes on', async () => {
    const first = await Pkcs11Token.open(hsm.options());
    closing.defer(() => first.close());
    expect((await refusal({token: {label: 'later'}})).reason).to.equal('token-absent');
    await hsm.addTwin('later');
    await setTimeout(1100);
    await opens({token: {label: 'later'}});
    await first.check();
  });

  it('says which library is missing, or is none', async () => {
    const path = join(hsm.directory, 'no-library.so');
    const missing = await refusal({library: path});
    expect([missing.reason, missing.message]).to.deep.equal([
      'library-missing',
      `The PKCS #11 library ${path} cannot be found.`,
    ]);
    expect((await refusal({library: hsm.directory})).reason).to.equal('library-missing');
    await writeFile(path, 'text');
    const unusable = await refusal({library: path});
    expect(unusable.reason).to.equal('library-unusable');
    expect(unusable.message).to.include(path);
    const link = join(hsm.directory, 'link.so');
    await symlink(hsm.library, link);
    await opens({library: link});
  });

  it('says which token is missing, and which there are', async () => {
    const error = await refusal({token: {label: 'another'}});
    expect(error.reason).to.equal('token-absent');
    expect(error.message).to.equal('There is no token label "another"; the library shows "webkms-test".');
    await hsm.addTwin();
    expect((await refusal({})).reason).to.equal('token-ambiguous');
  });

  it('takes a PIN from a private file of one line alone', async () => {
    const pinFile = join(hsm.directory, 'other');
    expect((await refusal({pinFile})).reason).to.equal('pin-file');
    for (const text of ['', '\n', `${hsm.pin}\n\n`, `a\n${hsm.pin}`, `${'1'.repeat(256)}\n`]) {
      await writeFile(pinFile, text, {mode: 0o600});
      expect((await refusal({pinFile})).reason, JSON.stringify(text)).to.equal('pin-file');
    }
    for (const text of [hsm.pin, `${hsm.pin}\n`, `${hsm.pin}\r\n`]) {
      await writeFile(pinFile, text, {mode: 0o600});
      await opens({pinFile});
    }
    await chmod(pinFile, 0o644);
    expect((await refusal({pinFile})).reason).to.equal('pin-file');
  });

  it('never tries a wrong PIN twice, until the file has another', async () => {
    const pinFile = await hsm.writePin('wrong', '999999');
    const first = await refusal({pinFile});
    expect(first.reason).to.equal('pin-refused');
    expect(await isCountLow()).to.equal(true);
    await logInElsewhere();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const again = await refusal({pinFile});
      expect(again.reason).to.equal('pin-refused');
      expect(again.message).to.include('not tried again').and.to.include(pinFile);
    }
    const [both, too] = await Promise.all([refusal({pinFile}), refusal({pinFile})]);
    expect([both.reason, too.reason]).to.deep.equal(['pin-refused', 'pin-refused']);
    expect(await isCountLow()).to.equal(false);
    // Another file with the same PIN is the same.
    expect((await refusal({pinFile: await hsm.writePin('copy', '999999')})).reason).to.equal('pin-refused');
    expect(await isCountLow()).to.equal(false);
    await opens();
    await hsm.writePin('wrong', hsm.pin);
    await opens({pinFile});
  });

  it('tries a wrong PIN once where several begin at the same time', async () => {
    const pinFile = await hsm.writePin('wrong', '999999');
    const errors = await Promise.all(Array.from({length: 4}, () => refusal({pinFile})));
    const tried = errors.filter(({cause}) => cause !== undefined);
    expect(tried).to.have.length(1);
    expect(new Set(errors.map(({reason}) => reason))).to.deep.equal(new Set(['pin-refused']));
  });

  it('tries nothing where the token says that a PIN was wrong, and nothing is known of it', async () => {
    await refusal({pinFile: await hsm.writePin('wrong', '999999')});
    const stateDir = join(hsm.directory, 'new-state');
    const error = await refusal({stateDir});
    expect(error.reason).to.equal('pin-refused');
    expect(error.message).to.include('log in to it once with its own tool');
    await logInElsewhere();
    await opens({stateDir});
  });

  it('keeps no PIN where it remembers one', async () => {
    await refusal({pinFile: await hsm.writePin('wrong', '999999')});
    const directory = join(hsm.directory, 'state', 'pkcs11');
    for (const name of await readdir(directory)) {
      expect(await readFile(join(directory, name), 'utf8')).not.to.include('999999');
    }
    const [record] = (await readdir(directory)).filter((name) => name.endsWith('.json'));
    await rm(join(directory, record ?? ''));
    await logInElsewhere();
    expect((await refusal({pinFile: await hsm.writePin('wrong', '999999')})).cause).not.to.equal(undefined);
  });

  /** A right PIN clears what the token remembers of wrong ones. */
  async function logInElsewhere(): Promise<void> {
    await run(
      'pkcs11-tool',
      ['--module', hsm.library, '--token-label', hsm.label, '--login', '--pin', hsm.pin, '-O'],
      {
        env: {...process.env, SOFTHSM2_CONF: hsm.configuration},
      },
    );
  }

  /** Whether the token was given a wrong PIN since. */
  async function isCountLow(): Promise<boolean> {
    const {stdout} = await run('pkcs11-tool', ['--module', hsm.library, '--list-token-slots'], {
      env: {...process.env, SOFTHSM2_CONF: hsm.configuration},
    });
    return stdout.includes('user PIN count low');
  }
});
