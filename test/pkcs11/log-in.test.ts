import {mkdtemp, readdir, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {rejection} from '../../lib/key-module-suite/fixtures.ts';
import {CKF, CKR} from '../../lib/pkcs11/cryptoki.ts';
import {logIn} from '../../lib/pkcs11/log-in.ts';
import {Pkcs11Error} from '../../lib/pkcs11/pkcs11-error.ts';
import {TokenError} from '../../lib/pkcs11/token-error.ts';

/** Tokens that lock themselves, and others that answer what SoftHSM2 never does. */
describe('logging in to a token of PKCS #11', () => {
  let directory: string;
  let tried: string[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-login-'));
    tried = [];
    await writePin('1111');
  });
  afterEach(() => rm(directory, {recursive: true}));

  const writePin = (pin: string): Promise<void> => writeFile(join(directory, 'pin'), pin, {mode: 0o600});

  async function attempt({flags = 0, answer}: {flags?: number; answer?: number} = {}): Promise<void> {
    await logIn({
      token: {label: 't', serial: '1'},
      pinFile: join(directory, 'pin'),
      stateDir: directory,
      readFlags: async () => flags,
      login: async (pin) => {
        tried.push(pin);
        if (answer !== undefined) throw new Pkcs11Error('CKR_X', answer);
      },
    });
  }

  async function reason(options: {flags?: number; answer?: number}): Promise<string> {
    const error = await rejection(attempt(options));
    expect(error).to.be.instanceOf(TokenError);
    expect(error.message).not.to.match(/1111|2222|3333/);
    return error instanceof TokenError ? error.reason : '';
  }

  it('gives the PIN, and remembers nothing of a right one', async () => {
    await attempt();
    expect(tried).to.deep.equal(['1111']);
    const files = await readdir(join(directory, 'pkcs11'));
    expect(files.filter((name) => !name.endsWith('.lock'))).to.deep.equal([]);
    expect((await stat(join(directory, 'pkcs11'))).mode & 0o777).to.equal(0o700);
  });

  it('tries nothing where the token is locked, or has one try left', async () => {
    expect(await reason({flags: CKF.USER_PIN_LOCKED})).to.equal('pin-locked');
    expect(await reason({flags: CKF.USER_PIN_FINAL_TRY})).to.equal('pin-refused');
    expect(await reason({flags: CKF.USER_PIN_COUNT_LOW})).to.equal('pin-refused');
    expect(tried).to.deep.equal([]);
  });

  for (const code of [CKR.PIN_INCORRECT, CKR.PIN_INVALID, CKR.PIN_LEN_RANGE]) {
    it(`tries another PIN after one was refused with ${code.toString(16)}, but for the last try`, async () => {
      expect(await reason({answer: code})).to.equal('pin-refused');
      expect(await reason({})).to.equal('pin-refused');
      expect(tried).to.deep.equal(['1111']);
      await writePin('2222');
      expect(await reason({flags: CKF.USER_PIN_COUNT_LOW | CKF.USER_PIN_FINAL_TRY})).to.equal('pin-refused');
      expect(tried).to.deep.equal(['1111']);
      await attempt({flags: CKF.USER_PIN_COUNT_LOW});
      expect(tried).to.deep.equal(['1111', '2222']);
      // It stays wrong when another was right: two processes may have files of their own.
      await writePin('1111');
      expect(await reason({})).to.equal('pin-refused');
      await writePin('2222');
      await attempt();
      expect(tried).to.deep.equal(['1111', '2222', '2222']);
      // Whoever has made the count low since, it was not this server.
      await writePin('3333');
      expect(await reason({flags: CKF.USER_PIN_COUNT_LOW})).to.equal('pin-refused');
      expect(tried).to.have.length(3);
    });
  }

  it('tries none of several again that were refused', async () => {
    for (const pin of ['1111', '2222', '3333']) {
      await writePin(pin);
      expect(await reason({answer: CKR.PIN_INCORRECT})).to.equal('pin-refused');
    }
    for (const pin of ['1111', '2222', '3333']) {
      await writePin(pin);
      expect(await reason({})).to.equal('pin-refused');
    }
    expect(tried).to.deep.equal(['1111', '2222', '3333']);
  });

  it('says what is to be done where the PIN is locked or not in force, and tries again what was no refusal', async () => {
    expect(await reason({answer: CKR.PIN_LOCKED})).to.equal('pin-locked');
    expect(await reason({answer: CKR.PIN_EXPIRED})).to.equal('login-failed');
    expect(await reason({answer: CKR.USER_PIN_NOT_INITIALIZED})).to.equal('login-failed');
    expect(await rejection(attempt({answer: CKR.DEVICE_ERROR}))).to.be.instanceOf(Pkcs11Error);
    await attempt();
    expect(tried).to.have.length(5);
  });

  it('tries nothing where what is remembered cannot be read', async () => {
    expect(await reason({answer: CKR.PIN_INCORRECT})).to.equal('pin-refused');
    const [name] = (await readdir(join(directory, 'pkcs11'))).filter((file) => file.endsWith('.json'));
    for (const text of [
      '',
      '{}',
      '{"salt":"AA","hashes":["AA"],"isOpen":true}',
      '{"salt":"AA","hashes":[]}',
      '[1]',
      'null',
    ]) {
      await writeFile(join(directory, 'pkcs11', name ?? ''), text);
      expect((await rejection(attempt())).message, text).to.include('delete it');
    }
    expect(tried).to.deep.equal(['1111']);
  });
});
