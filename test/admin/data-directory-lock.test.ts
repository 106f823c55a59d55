import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, readdir, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {
  acquireDataDirectoryLock,
  DataDirectoryInUseError,
  shareDataDirectory,
} from '../../lib/admin/data-directory-lock.ts';

const HOLDER = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

interface Contender {
  readonly child: ChildProcess;
  /** `held`, or the name of the error. */
  readonly answer: string;
}

const children = new Set<ChildProcess>();

async function contend(dataDir: string, role = 'server'): Promise<Contender> {
  const child = spawn(process.execPath, [HOLDER, dataDir, role], {stdio: ['pipe', 'pipe', 'inherit']});
  children.add(child);
  const [answer] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return {child, answer: answer.trim()};
}

async function end({child}: Contender, signal?: NodeJS.Signals): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
  if (signal) child.kill(signal);
  else child.stdin?.end();
  await exited;
}

async function outcomeOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => 'it was let through',
    (error: unknown) => error,
  );
}

async function withDirectory(work: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'webkms-lock-'));
  try {
    await work(dataDir);
  } finally {
    await rm(dataDir, {recursive: true});
  }
}

describe('The lock of the data directory', () => {
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
  });

  it('is held by one process at a time, and refused to others at once', () =>
    withDirectory(async (dataDir) => {
      const holder = await contend(dataDir);
      expect(holder.answer).to.equal('held');
      const started = performance.now();
      const error = await outcomeOf(acquireDataDirectoryLock(dataDir));
      expect(performance.now() - started).to.be.lessThan(1000);
      expect(error).to.be.instanceOf(DataDirectoryInUseError);
      expect(error).to.have.property('message').that.contains(dataDir);
      const other = await contend(dataDir);
      expect(other.answer).to.equal('DataDirectoryInUseError');
      await end(other);
      await end(holder);
      (await acquireDataDirectoryLock(dataDir)).release();
    }));

  it('is free when its holder was killed', () =>
    withDirectory(async (dataDir) => {
      for (let round = 0; round < 3; round++) {
        const holder = await contend(dataDir);
        expect(holder.answer).to.equal('held');
        await end(holder, 'SIGKILL');
      }
      (await acquireDataDirectoryLock(dataDir)).release();
    }));

  it('goes to one of several processes that want it at once', () =>
    withDirectory(async (dataDir) => {
      const contenders = await Promise.all(Array.from({length: 4}, () => contend(dataDir)));
      const answers = contenders.map(({answer}) => answer);
      expect(answers.filter((answer) => answer === 'held')).to.have.lengthOf(1);
      expect(answers.filter((answer) => answer === 'DataDirectoryInUseError')).to.have.lengthOf(3);
      await Promise.all(contenders.map((contender) => end(contender)));
    }));

  it('keeps other processes out while it is held here, also from who asks again here', () =>
    withDirectory(async (dataDir) => {
      const lock = await acquireDataDirectoryLock(dataDir);
      expect(await outcomeOf(acquireDataDirectoryLock(dataDir))).to.be.instanceOf(DataDirectoryInUseError);
      const other = await contend(dataDir);
      expect(other.answer).to.equal('DataDirectoryInUseError');
      lock.release();
      lock.release();
      await end(other);
      const later = await contend(dataDir);
      expect(later.answer).to.equal('held');
      await end(later);
    }));

  it('is shared by the workers of a server, which the next server waits for, as they outlive theirs', () =>
    withDirectory(async (dataDir) => {
      const server = await contend(dataDir);
      const workers = [await contend(dataDir, 'worker'), await contend(dataDir, 'worker')];
      expect(workers.map(({answer}) => answer)).to.deep.equal(['held', 'held']);
      await end(server, 'SIGKILL');
      const error = await outcomeOf(acquireDataDirectoryLock(dataDir, {workersTimeoutMs: 100}));
      expect(error).to.be.instanceOf(DataDirectoryInUseError);
      expect(error).to.have.property('message').that.contains('workers of a server that is no more');
      const next = contend(dataDir);
      await end(workers[0]!, 'SIGKILL');
      const isWaiting = await Promise.race([next.then(() => false), delay(300).then(() => true)]);
      expect(isWaiting).to.be.true;
      await end(workers[1]!, 'SIGKILL');
      expect((await next).answer).to.equal('held');
      shareDataDirectory(dataDir).release();
      await end(await next);
      (await acquireDataDirectoryLock(dataDir)).release();
      expect((await stat(join(dataDir, 'lock-workers'))).size).to.equal(0);
      expect((await readdir(dataDir)).sort()).to.deep.equal(['lock', 'lock-workers']);
    }));

  it('is one for each directory', () =>
    withDirectory((first) =>
      withDirectory(async (second) => {
        const locks = [await acquireDataDirectoryLock(first), await acquireDataDirectoryLock(second)];
        for (const lock of locks) lock.release();
      }),
    ));

  it('is an empty file for its owner only, and nothing beside it', () =>
    withDirectory(async (dataDir) => {
      const umask = process.umask(0);
      try {
        const lock = await acquireDataDirectoryLock(dataDir);
        const {mode, size} = await stat(join(dataDir, 'lock'));
        expect({mode: mode & 0o777, size}).to.deep.equal({mode: 0o600, size: 0});
        expect(await readdir(dataDir)).to.deep.equal(['lock']);
        lock.release();
        expect(await readdir(dataDir)).to.deep.equal(['lock']);
      } finally {
        process.umask(umask);
      }
    }));

  it('fails where its file cannot be made, or is something else', () =>
    withDirectory(async (dataDir) => {
      const missing = await outcomeOf(acquireDataDirectoryLock(join(dataDir, 'missing')));
      expect(missing).to.have.property('code', 'ENOENT');
      await writeFile(join(dataDir, 'lock'), 'not a lock\n'.repeat(100));
      const foreign = await outcomeOf(acquireDataDirectoryLock(dataDir));
      expect(foreign).to.have.property('code', 'SQLITE_NOTADB');
      const far = join(dataDir, ...Array.from({length: 6}, () => 'd'.repeat(100)));
      await mkdir(far, {recursive: true});
      const tooLong = await outcomeOf(acquireDataDirectoryLock(far));
      expect(tooLong).to.have.property('message').that.contains('the length of its path');
      await writeFile(join(dataDir, 'lock'), '');
      (await acquireDataDirectoryLock(dataDir)).release();
    }));
});
