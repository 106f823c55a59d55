import {execFileSync} from 'node:child_process';
import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import {checkFiles} from '../../lib/self-check/check-files.ts';
import {recordInstallation} from '../../lib/self-check/record-manifest.ts';
import type {Manifest} from '../../lib/self-check/manifest.ts';

const FILES: Readonly<Record<string, string>> = {
  'package.json':
    '{"version": "1.2.3", "dependencies": {"used": "1"}, "optionalDependencies": {"absent": "1"}}',
  'bin/program.js': 'program',
  'lib/a.ts': 'a',
  'lib/deep/b.ts': 'b',
  'schemas/c.ts': 'c',
  'node_modules/used/package.json': '{"dependencies": {"nested": "1"}, "peerDependencies": {"peer": "1"}}',
  'node_modules/used/index.js': 'used',
  'node_modules/used/node_modules/nested/package.json': '{}',
  'node_modules/peer/package.json': '{}',
  'node_modules/unused/package.json': '{}',
};

describe('the files of an installation', () => {
  let dir: string;
  let root: string;
  let manifest: Manifest;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'webkms-files-'));
    root = join(dir, 'package');
    for (const [path, content] of Object.entries(FILES)) await write(path, content);
    await mkdir(join(dir, 'elsewhere'));
    await writeFile(join(dir, 'elsewhere/linked.ts'), 'linked');
    await symlink('../../elsewhere', join(root, 'lib/link'));
    await symlink('..', join(root, 'lib/deep/up'));
    manifest = await recordInstallation({root, fromSources: true}, [join(dir, 'module.so')]);
  });
  afterEach(() => rm(dir, {recursive: true}));

  async function write(path: string, content: string): Promise<void> {
    await mkdir(dirname(join(root, path)), {recursive: true});
    await writeFile(join(root, path), content);
  }

  const findings = async (): Promise<readonly string[]> =>
    (await checkFiles(manifest, {root})).map(({problem, path}) => `${problem} ${path}`);

  it('are all that runs: the program, what it needs, Node.js; and nothing else', async () => {
    const own = [...manifest.files.keys()].filter((path) => !path.startsWith('/'));
    const used = Object.keys(FILES).filter((path) => !path.includes('unused'));
    expect(own.sort()).to.deep.equal([...used, 'lib/link/linked.ts'].sort());
    expect(manifest.version).to.equal('1.2.3');
    expect([...manifest.files.keys()].filter((path) => path.startsWith('/'))).to.have.length(1);
    expect(await findings()).to.deep.equal([]);
  });

  it('are found where they were changed, also behind links, and at the same length', async () => {
    await write('lib/deep/b.ts', 'B');
    await writeFile(join(dir, 'elsewhere/linked.ts'), 'LINKED');
    await write('node_modules/used/index.js', 'used!');
    expect(await findings()).to.deep.equal([
      'changed lib/deep/b.ts',
      'changed lib/link/linked.ts',
      'changed node_modules/used/index.js',
    ]);
  });

  it('are found where they are missing, and where others have come', async () => {
    await rm(join(root, 'lib/deep'), {recursive: true});
    await write('lib/new.ts', '');
    await write('node_modules/used/node_modules/peer/package.json', '{}');
    await write('node_modules/unused/more.js', '');
    await writeFile(join(dir, 'module.so'), '');
    expect(await findings()).to.have.members([
      `added ${join(dir, 'module.so')}`,
      'missing lib/deep/b.ts',
      'added lib/new.ts',
      'added node_modules/used/node_modules/peer/package.json',
    ]);
  });

  it('are found where a package has come that was not needed to be there, at each place where Node looks', async () => {
    await write('node_modules/absent/index.js', '');
    expect(await findings()).to.deep.equal(['added node_modules/absent/index.js']);
    await rm(join(root, 'node_modules/absent'), {recursive: true});
    await mkdir(join(dir, 'node_modules/absent'), {recursive: true});
    await writeFile(join(dir, 'node_modules/absent/package.json'), '{}');
    expect(await findings()).to.deep.equal([`added ${join(dir, 'node_modules/absent/package.json')}`]);
  });

  it('are not waited for where one has become a FIFO or a directory', async () => {
    await rm(join(root, 'lib/a.ts'));
    execFileSync('mkfifo', [join(root, 'lib/a.ts')]);
    await rm(join(root, 'lib/deep/b.ts'));
    await mkdir(join(root, 'lib/deep/b.ts'));
    expect(await findings()).to.deep.equal(['unreadable lib/a.ts', 'unreadable lib/deep/b.ts']);
  });

  it('are found where they cannot be read', async function () {
    if (process.geteuid?.() === 0) this.skip();
    await chmod(join(root, 'lib/a.ts'), 0o000);
    await chmod(join(root, 'schemas'), 0o000);
    expect(await findings()).to.include('unreadable lib/a.ts');
    expect(await findings()).to.include(`unreadable ${join(root, 'schemas')}`);
    await chmod(join(root, 'schemas'), 0o700);
  });

  it('are found where a link points to nothing: something may come there', async () => {
    await symlink('nowhere', join(root, 'lib/dangling.ts'));
    expect(await findings()).to.deep.equal(['added lib/dangling.ts']);
  });
});
