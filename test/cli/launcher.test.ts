import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';

const LAUNCHER = join(import.meta.dirname, '../../bin/webkms.js');

/** Stands for the command: says what it was run with, and does what it is told to. */
const FAKE_MAIN = `
export async function main(args) {
  const stopped = Promise.withResolvers();
  const timer = setInterval(() => {}, 1000);
  process.once('SIGTERM', stopped.resolve);
  console.log(JSON.stringify({args, file: import.meta.filename, pid: process.pid}));
  if (args[0] === 'wait') await stopped.promise;
  clearInterval(timer);
  return Number(args[1] ?? 0);
}`;

/** Makes the Node that runs the launcher pass for version 20; the one that it runs again is itself. */
const PRETEND_OLD = "Object.defineProperty(process.versions, 'node', {value: '20.20.2'});";

describe('launcher', () => {
  let dir: string;
  let old: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'webkms-launcher-'));
    old = join(dir, 'old.cjs');
    writeFileSync(old, PRETEND_OLD);
  });
  afterEach(() => rmSync(dir, {recursive: true}));

  /** A package folder with the launcher in it. */
  function makePackage(
    folder: string,
    mains: readonly ('lib/cli/main.ts' | 'dist/lib/cli/main.js')[],
  ): string {
    mkdirSync(join(folder, 'bin'), {recursive: true});
    cpSync(LAUNCHER, join(folder, 'bin/webkms.js'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const main of mains) {
      mkdirSync(join(folder, main, '..'), {recursive: true});
      writeFileSync(join(folder, main), FAKE_MAIN);
    }
    return join(folder, 'bin/webkms.js');
  }

  function installNode(folder: string, target = process.execPath): void {
    mkdirSync(join(folder, 'node_modules/.bin'), {recursive: true});
    symlinkSync(target, join(folder, 'node_modules/.bin/node'));
  }

  function run(args: readonly string[]): {status: number | null; stdout: string; stderr: string} {
    const {status, stdout, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8'});
    return {status, stdout, stderr};
  }

  it('runs the sources where there are some, else what is compiled', () => {
    const both = makePackage(join(dir, 'both'), ['lib/cli/main.ts', 'dist/lib/cli/main.js']);
    expect(JSON.parse(run([both, 'a']).stdout)).to.include({file: join(dir, 'both/lib/cli/main.ts')});
    const published = makePackage(join(dir, 'published'), ['dist/lib/cli/main.js']);
    expect(JSON.parse(run([published, 'a']).stdout)).to.include({
      file: join(dir, 'published/dist/lib/cli/main.js'),
    });
  });

  it('passes arguments and exit code through', () => {
    const launcher = makePackage(dir, ['lib/cli/main.ts']);
    const {status, stdout} = run([launcher, '--a b', '3']);
    expect(status).to.equal(3);
    expect((JSON.parse(stdout) as {args: string[]}).args).to.deep.equal(['--a b', '3']);
  });

  it('runs again under the Node beside it, or beside a parent', () => {
    installNode(dir);
    const launcher = makePackage(join(dir, 'node_modules/webkms-server'), ['dist/lib/cli/main.js']);
    const {status, stdout} = run(['--require', old, launcher, 'a', '4']);
    expect(status).to.equal(4);
    expect((JSON.parse(stdout) as {args: string[]}).args).to.deep.equal(['a', '4']);
  });

  it('passes over a Node beside it that is too old itself', () => {
    installNode(dir);
    const inner = join(dir, 'node_modules/webkms-server');
    const launcher = makePackage(inner, ['dist/lib/cli/main.js']);
    const fake = join(dir, 'fake-node');
    writeFileSync(fake, '#!/bin/sh\necho v22.0.0\n', {mode: 0o755});
    installNode(inner, fake);
    expect(run(['--require', old, launcher, 'a', '5']).status).to.equal(5);
  });

  it('says what it needs where there is no Node that is new enough', () => {
    const launcher = makePackage(dir, ['lib/cli/main.ts']);
    const {status, stdout, stderr} = run(['--require', old, launcher]);
    expect({status, stdout}).to.deep.equal({status: 1, stdout: ''});
    expect(stderr).to.match(/^webkms needs Node\.js 24\.15 or newer; this is 20\.20\.2\. Install /);
  });

  describe('under an old Node', () => {
    let parent: ChildProcess;
    let childPid: number;
    beforeEach(async () => {
      installNode(dir);
      const launcher = makePackage(dir, ['lib/cli/main.ts']);
      parent = spawn(process.execPath, ['--require', old, launcher, 'wait', '6'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
      childPid = (JSON.parse(line.toString()) as {pid: number}).pid;
      expect(childPid).not.to.equal(parent.pid);
    });
    afterEach(() => parent.kill('SIGKILL'));

    it('passes signals on, and the exit code back', async () => {
      parent.kill('SIGTERM');
      expect(await once(parent, 'exit')).to.deep.equal([6, null]);
    });

    it('tells that the server was killed', async () => {
      process.kill(childPid, 'SIGKILL');
      expect(await once(parent, 'exit')).to.deep.equal([137, null]);
    });

    it('does not leave the server behind when it is killed itself', async () => {
      // The server holds the other end of this pipe too: it ends with the last of them.
      const closed = once(parent.stdout!.resume(), 'close');
      parent.kill('SIGKILL');
      await closed;
    });
  });
});
