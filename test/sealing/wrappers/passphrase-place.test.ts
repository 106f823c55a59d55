import {execFileSync} from 'node:child_process';
import {chmodSync, closeSync, constants, fstatSync, mkdirSync, openSync, writeFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {expect} from 'chai';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {
  formatPassphrasePlace,
  parsePassphrasePlace,
  readPassphrase,
  type PassphrasePlace,
} from '../../../lib/sealing/wrappers/passphrase-place.ts';
import {expectRejection} from '../expect-rejection.ts';
import {FakeSecrets} from '../secrets-fixture.ts';
import {useTempDir} from '../temp-dir.ts';

const PASSPHRASE = 'correct horse battery staple';

describe('passphrase places', () => {
  const path = useTempDir();
  const read = async (place: PassphrasePlace, source = new FakeSecrets(), isNew = false): Promise<string> =>
    Buffer.from(await readPassphrase(place, source, {isNew})).toString();
  const refusal = (...call: Parameters<typeof read>): Promise<RootOfTrustError> =>
    expectRejection(read(...call), RootOfTrustError);
  const write = (name: string, text = `${PASSPHRASE}\n`, mode = 0o600): string => {
    writeFileSync(path(name), text, {mode});
    return path(name);
  };

  it('have one spelling', () => {
    for (const [uri, spelling] of [
      ['passphrase:prompt', 'passphrase:prompt'],
      ['passphrase:fd=0', 'passphrase:fd=0'],
      ['passphrase:fd=3', 'passphrase:fd=3'],
      ['passphrase:fd=9999', 'passphrase:fd=9999'],
      ['passphrase:file=/a/../b', 'passphrase:file=/b'],
      ['passphrase:file=b', `passphrase:file=${resolve('b')}`],
    ] as const) {
      expect(formatPassphrasePlace(parsePassphrasePlace(uri))).to.equal(spelling);
    }
  });

  it('are nothing else, which is not repeated', () => {
    for (const uri of [
      'passphrase:',
      `passphrase:${PASSPHRASE}`,
      'passphrase:prompt ',
      'passphrase:fd=',
      'passphrase:fd=1',
      'passphrase:fd=2',
      'passphrase:fd=03',
      'passphrase:fd=-1',
      'passphrase:fd=10000',
      'passphrase:file=',
      'passphrase:file=a\0b',
      'file:/x',
    ]) {
      expect(() => parsePassphrasePlace(uri))
        .to.throw(RootOfTrustError, 'must be passphrase:file=<path>')
        .with.property('reason', 'bad-setting');
      expect(() => parsePassphrasePlace(uri)).to.not.throw(RootOfTrustError, PASSPHRASE);
    }
  });

  describe('file=', () => {
    it('reads a private file of one line', async () => {
      expect(await read({kind: 'file', path: write('p')})).to.equal(PASSPHRASE);
    });

    it('refuses a file that others can read, what is no file, and one that is not there', async () => {
      const file = {kind: 'file', path: write('p')} as const;
      chmodSync(file.path, 0o640);
      const error = await refusal(file);
      expect(error).to.include({
        reason: 'permissions',
        message: `The passphrase file ${file.path} is open to other users. Close it: chmod 600 ${file.path}`,
      });
      chmodSync(file.path, 0o600);
      expect(await read(file)).to.equal(PASSPHRASE);
      mkdirSync(path('d'), {mode: 0o700});
      expect((await refusal({kind: 'file', path: path('d')})).reason).to.equal('not-a-file');
      const missing = await refusal({kind: 'file', path: path('nowhere')});
      expect(missing.reason).to.equal('missing');
      expect(missing.message).to.include(`The passphrase file ${path('nowhere')}`);
    });

    it('refuses a file of several lines, or one that is too long, and never cuts it', async () => {
      for (const text of ['two\nlines\n', 'x'.repeat(1025), 'x'.repeat(100_000), `${'x'.repeat(1024)}\n\n`]) {
        expect((await refusal({kind: 'file', path: write('p', text)})).reason).to.equal('malformed');
      }
      expect(await read({kind: 'file', path: write('p', `${'x'.repeat(1024)}\r\n`)})).to.have.length(1024);
    });
  });

  describe('fd=', () => {
    it('reads a file to its end, and closes it', async () => {
      const fd = openSync(write('p'), 'r');
      expect(await read({kind: 'fd', fd})).to.equal(PASSPHRASE);
      expect(() => fstatSync(fd)).to.throw('EBADF');
    });

    it('reads a pipe up to the end of the line, though it stays open', async () => {
      execFileSync('mkfifo', ['-m', '600', path('fifo')]);
      const fd = openSync(path('fifo'), constants.O_RDWR);
      const writer = openSync(path('fifo'), 'w');
      writeFileSync(writer, PASSPHRASE.slice(0, 5));
      writeFileSync(writer, `${PASSPHRASE.slice(5)}\n`);
      expect(await read({kind: 'fd', fd})).to.equal(PASSPHRASE);
      closeSync(writer);
    });

    it('takes the first line, as much as there may be behind it', async () => {
      for (const rest of ['', 'a second line', 'x'.repeat(5000)]) {
        const fd = openSync(write('p', `${PASSPHRASE}\r\n${rest}`), 'r');
        expect(await read({kind: 'fd', fd})).to.equal(PASSPHRASE);
      }
    });

    it('refuses too long a line, and none', async () => {
      for (const text of ['x'.repeat(5000), `${'x'.repeat(1025)}\n`, '', '\nsecond']) {
        const fd = openSync(write('p', text), 'r');
        const error = await refusal({kind: 'fd', fd});
        expect(error.reason).to.equal('malformed');
        expect(error.message).to.include(`File descriptor ${fd} gives`);
      }
    });

    it('refuses a descriptor that is not open, and one of another kind', async () => {
      const closed = openSync(write('p'), 'r');
      closeSync(closed);
      const error = await refusal({kind: 'fd', fd: closed});
      expect(error.reason).to.equal('unreadable');
      expect(error.message).to.include(`File descriptor ${closed} cannot be read (EBADF)`);
      const device = openSync('/dev/zero', 'r');
      expect((await refusal({kind: 'fd', fd: device})).message).to.include('is no pipe, file or socket');
      closeSync(device);
    });

    it('refuses a terminal, which would show what is typed', async () => {
      const terminal = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
      const error = await refusal({kind: 'fd', fd: terminal});
      expect(error.reason).to.equal('unreadable');
      expect(error.message).to.include('is a terminal, which would show it. Use passphrase:prompt.');
      closeSync(terminal);
    });
  });

  describe('prompt', () => {
    it('asks once for a passphrase that is known', async () => {
      const source = new FakeSecrets();
      source.answers.push(PASSPHRASE);
      expect(await read({kind: 'prompt'}, source)).to.equal(PASSPHRASE);
      expect(source.questions).to.deep.equal(['Passphrase of the root of trust: ']);
    });

    it('asks twice for a new one, and refuses two that differ', async () => {
      const source = new FakeSecrets();
      source.answers.push(PASSPHRASE, `${PASSPHRASE}r`);
      const error = await refusal({kind: 'prompt'}, source, true);
      expect(error).to.include({reason: 'malformed'});
      expect(error.message).to.equal('The two passphrases differ. Nothing was made.');
      source.answers.push('cafe\u0301 au lait, twice', 'caf\u00e9 au lait, twice');
      expect(await read({kind: 'prompt'}, source, true)).to.equal('caf\u00e9 au lait, twice');
      expect(source.questions).to.have.length(4);
    });
  });
});
