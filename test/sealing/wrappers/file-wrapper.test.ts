import {execFileSync} from 'node:child_process';
import {chmod, chown, lchown, link, mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {relative} from 'node:path';
import {inspect} from 'node:util';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {RootOfTrustError, type RootOfTrustReason} from '../../../lib/sealing/root-of-trust-error.ts';
import {FileWrapper} from '../../../lib/sealing/wrappers/file-wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {makeTempDir, useTempDir} from '../temp-dir.ts';
import {describeRootWrapper} from '../wrapper.suite.ts';

const LINE = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const KEY_ID = 'u8xWrGkUfdKlaFxyu4ai3w';
/** 'the plaintext' sealed at 'place' under LINE, made by another implementation from the format's description. */
const GOLDEN =
  '01167538785772476b5566644b6c61467879753461693377a0a1a2a3a4a5a6a7a8a9aaabd135f8e2cf3a761b4d1cf05dfe107130f1cb20c4f4664766827958c6e9';
const SOMEBODY = 12345;
const isRoot = process.geteuid?.() === 0;

describe('FileWrapper', () => {
  const path = useTempDir();
  const uri = (name: string): string => `file:${path(name)}`;
  const write = (name: string, content = `${LINE}\n`, mode = 0o600): Promise<void> =>
    writeFile(path(name), content, {mode});

  /** The file is refused for `reason`, in words that name it and hold nothing of its content. */
  const expectRefused = async (name: string, reason: RootOfTrustReason): Promise<void> => {
    const error = await expectRejection(FileWrapper.open(uri(name)), RootOfTrustError);
    expect(error.reason).to.equal(reason);
    expect(error.message).to.include(path(name)).and.not.include(LINE.slice(0, 6));
  };
  const expectOpens = async (name: string): Promise<void> => {
    const wrapper = await FileWrapper.open(uri(name));
    expect(wrapper.keyId).to.equal(KEY_ID);
    await wrapper.close();
  };

  describe('open', () => {
    it('opens what another implementation sealed under the file’s line', async () => {
      await write('root.key');
      const wrapper = await FileWrapper.open(uri('root.key'));
      expect(wrapper.keyId).to.equal(KEY_ID);
      const opened = await wrapper.open(Buffer.from(GOLDEN, 'hex'), Buffer.from('place'));
      expect(Buffer.from(opened).toString()).to.equal('the plaintext');
    });

    it('takes the line without its newline, and mode 0400', async () => {
      await write('root.key', LINE, 0o400);
      await expectOpens('root.key');
    });

    it('refuses a file that is missing, and makes none', async () => {
      await expectRefused('root.key', 'missing');
      expect(await readdir(path(''))).to.deep.equal([]);
      await write('root.key');
      await expectOpens('root.key');
    });

    it('refuses a malformed file', async () => {
      for (const content of ['', LINE.slice(1), `${LINE}=\n`, `${LINE}\n\n`, 'x'.repeat(100_000)]) {
        await write('root.key', content);
        await expectRefused('root.key', 'malformed');
      }
      await write('root.key');
      await expectOpens('root.key');
    });

    it('refuses a file that group or others can read or write', async () => {
      await write('root.key');
      for (const mode of [0o640, 0o620, 0o604, 0o602, 0o644, 0o666, 0o777]) {
        await chmod(path('root.key'), mode);
        await expectRefused('root.key', 'permissions');
      }
      await chmod(path('root.key'), 0o600);
      await expectOpens('root.key');
    });

    it('refuses a directory, a device and a FIFO, without waiting for a writer', async () => {
      await mkdir(path('directory'), {mode: 0o700});
      await expectRefused('directory', 'not-a-file');
      execFileSync('mkfifo', ['-m', '600', path('fifo')]);
      await expectRefused('fifo', 'not-a-file');
      await symlink('/dev/null', path('device'));
      await expectRefused('device', 'not-a-file');
    });

    it('refuses a loop of links', async () => {
      await symlink('b', path('a'));
      await symlink('a', path('b'));
      await expectRefused('a', 'unreadable');
    });

    it('follows a symbolic link of its own user, and opens a hard link', async () => {
      await write('root.key');
      await symlink('root.key', path('link'));
      await link(path('root.key'), path('hard'));
      await expectOpens('link');
      await expectOpens('hard');
    });

    it("refuses another user's file and link", async function () {
      // Only root can give a file away.
      if (!isRoot) this.skip();
      await write('root.key');
      await symlink('root.key', path('link'));
      await lchown(path('link'), SOMEBODY, SOMEBODY);
      await expectRefused('link', 'owner');
      await expectOpens('root.key');
      await chown(path('root.key'), SOMEBODY, SOMEBODY);
      await expectRefused('root.key', 'owner');
      await chown(path('root.key'), 0, 0);
      await expectOpens('root.key');
    });

    it('takes the path literally, relative ones from the working directory', async () => {
      await write('100%25 root#key?');
      await expectOpens('100%25 root#key?');
      const name = path('100%25 root#key?');
      expect((await FileWrapper.open(`file:${relative(process.cwd(), name)}`)).uri).to.equal(`file:${name}`);
      expect((await FileWrapper.open(`file://${name}`)).uri).to.equal(`file:${name}`);
    });

    it('refuses settings that name no file', async () => {
      for (const setting of ['', 'file:', 'file://host/root.key', 'file:a\0b', '/root.key', 'env:KEY']) {
        for (const outcome of [FileWrapper.open(setting), FileWrapper.create(setting)]) {
          const error = await expectRejection(outcome, RootOfTrustError);
          expect(error.reason).to.equal('bad-setting');
          expect(error.message).to.include('The root of trust must be file:<path>');
        }
        expect(() => FileWrapper.normalize(setting)).to.throw(RootOfTrustError);
      }
      expect(FileWrapper.normalize('file:/a/../b//root.key')).to.equal('file:/b/root.key');
    });
  });

  describe('check', () => {
    it('passes while the file is as it was', async () => {
      const wrapper = await FileWrapper.create(uri('root.key'));
      await wrapper.check();
    });

    it('fails once the file is gone, open to others, or another', async () => {
      await write('root.key');
      const wrapper = await FileWrapper.open(uri('root.key'));
      const reason = async (): Promise<string> =>
        (await expectRejection(wrapper.check(), RootOfTrustError)).reason;
      await chmod(path('root.key'), 0o644);
      expect(await reason()).to.equal('permissions');
      await rm(path('root.key'));
      expect(await reason()).to.equal('missing');
      await FileWrapper.create(uri('root.key'));
      expect(await reason()).to.equal('foreign-key');
      await rm(path('root.key'));
      await write('root.key');
      await wrapper.check();
    });
  });

  it('is unavailable once closed', async () => {
    const wrapper = await FileWrapper.create(uri('root.key'));
    const blob = await wrapper.seal(Buffer.from('x'), Buffer.from('place'));
    await wrapper.close();
    await wrapper.close();
    await expectRejection(wrapper.seal(Buffer.from('x'), Buffer.from('place')), UnavailableError);
    await expectRejection(wrapper.open(blob, Buffer.from('place')), UnavailableError);
  });

  it('prints as [redacted]', async () => {
    const wrapper = await FileWrapper.create(uri('root.key'));
    expect(JSON.stringify({wrapper})).to.equal('{"wrapper":"[redacted]"}');
    expect(inspect(wrapper, {showHidden: true, depth: 9})).to.equal('FileWrapper [redacted]');
  });
});

describeRootWrapper({
  name: 'file',
  create: async () => {
    const directory = await makeTempDir();
    const wrapper = await FileWrapper.create(`file:${directory.path('own.key')}`);
    const foreign = await FileWrapper.create(`file:${directory.path('foreign.key')}`);
    const close = async (): Promise<void> => {
      await Promise.all([wrapper.close(), foreign.close(), directory.remove()]);
    };
    return {wrapper, foreign, close};
  },
});
