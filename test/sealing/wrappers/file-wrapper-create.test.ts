import {mkdir, readdir, readFile, stat, symlink, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {FileWrapper} from '../../../lib/sealing/wrappers/file-wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {useTempDir} from '../temp-dir.ts';

const LINE = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

describe('FileWrapper.create', () => {
  const path = useTempDir();
  const uri = (name: string): string => `file:${path(name)}`;
  const write = (name: string): Promise<void> => writeFile(path(name), `${LINE}\n`, {mode: 0o600});

  it('makes a file of one line, mode 0600, that opens again as the same key', async () => {
    const made = await FileWrapper.create(uri('root.key'));
    expect(await readFile(path('root.key'), 'latin1')).to.match(/^[A-Za-z0-9_-]{43}\n$/);
    expect((await stat(path('root.key'))).mode & 0o7777).to.equal(0o600);
    const opened = await FileWrapper.open(uri('root.key'));
    expect(opened.keyId).to.equal(made.keyId);
    expect(opened.uri).to.equal(uri('root.key'));
    const blob = await made.seal(Buffer.from('a secret'), Buffer.from('place'));
    expect(Buffer.from(await opened.open(blob, Buffer.from('place'))).toString()).to.equal('a secret');
  });

  it('makes its directories, mode 0700, and leaves nothing else', async () => {
    await FileWrapper.create(uri('a/b/root.key'));
    for (const name of ['a', 'a/b']) expect((await stat(path(name))).mode & 0o7777).to.equal(0o700);
    expect(await readdir(path('a/b'))).to.deep.equal(['root.key']);
    expect(await readdir(path(''))).to.deep.equal(['a']);
  });

  it('never makes the same key twice', async () => {
    const one = await FileWrapper.create(uri('1.key'));
    const two = await FileWrapper.create(uri('2.key'));
    expect(one.keyId).to.not.equal(two.keyId);
  });

  it('leaves alone whatever has the name', async () => {
    await write('root.key');
    await symlink('nowhere', path('dangling.key'));
    await mkdir(path('directory.key'));
    for (const name of ['root.key', 'dangling.key', 'directory.key']) {
      const error = await expectRejection(FileWrapper.create(uri(name)), RootOfTrustError);
      expect(error.reason).to.equal('exists');
    }
    expect(await readFile(path('root.key'), 'latin1')).to.equal(`${LINE}\n`);
    expect(await readdir(path(''))).to.have.members(['root.key', 'dangling.key', 'directory.key']);
  });

  it('of many at once makes one, which is whole as soon as it is there', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({length: 8}, () => FileWrapper.create(uri('root.key'))),
    );
    const made = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(made).to.have.length(1);
    const reasons = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    for (const reason of reasons) expect(reason).to.include({name: 'RootOfTrustError', reason: 'exists'});
    expect((await FileWrapper.open(uri('root.key'))).keyId).to.equal(made[0]!.value.keyId);
    expect(await readdir(path(''))).to.deep.equal(['root.key']);
  });

  it('says where it cannot write, and leaves nothing', async () => {
    await mkdir(path('directory'));
    const name = `directory/${'k'.repeat(300)}`;
    const error = await expectRejection(FileWrapper.create(uri(name)), RootOfTrustError);
    expect(error.reason).to.equal('unwritable');
    expect(error.message).to.include(`${path(name)} cannot be made (ENAMETOOLONG)`);
    expect(await readdir(path('directory'))).to.deep.equal([]);
  });

  it('says that a file stands where its directory should be', async () => {
    await write('file');
    const error = await expectRejection(FileWrapper.open(uri('file/root.key')), RootOfTrustError);
    expect(error.reason).to.equal('missing');
    expect(error.message).to.include('part of its path is not a directory');
  });

  it('fails, and ends, where a file system takes no new names', async function () {
    if (process.platform !== 'linux') this.skip();
    const error = await expectRejection(FileWrapper.create('file:/proc/webkms/x/root.key'), RootOfTrustError);
    expect(error.message).to.contain('/proc/webkms/x/root.key');
  });
});
