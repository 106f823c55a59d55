import {execFile} from 'node:child_process';
import {appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(PROJECT, 'node_modules/typescript/bin/tsc');
const run = promisify(execFile);

describe('the manifest of a build', function () {
  this.timeout(120_000);
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'webkms-build-'));
    const sources = [
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'bin',
      'lib',
      'schemas',
      'types',
    ];
    for (const name of [...sources, 'scripts/write-manifest.ts'])
      await cp(join(PROJECT, name), join(root, name), {recursive: true});
    await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
    const {scripts} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: Readonly<Record<string, string>>;
    };
    const [compile = '', write = ''] = scripts['build']!.split(' && ');
    // Types are checked elsewhere.
    const [, ...options] = compile.split(' ');
    await run(process.execPath, [TSC, ...options, '--noCheck', '--declaration', 'false'], {cwd: root});
    await run(process.execPath, write.split(' ').slice(1), {cwd: root});
    for (const name of ['lib', 'schemas', 'types', 'scripts']) await rm(join(root, name), {recursive: true});
  });
  after(() => rm(root, {recursive: true, force: true}));

  /** @returns its exit code and what it has written */
  const webkms = async (...args: readonly string[]): Promise<readonly [code: number, text: string]> => {
    const env = {
      PATH: process.env['PATH'],
      WEBKMS_DATA_DIR: join(root, '../none'),
      WEBKMS_SELF_CHECK: 'enforce',
    };
    try {
      const {stdout} = await run(process.execPath, [join(root, 'bin/webkms.js'), ...args], {env});
      return [0, stdout];
    } catch (error) {
      const {code, stdout, stderr} = error as {code: number; stdout: string; stderr: string};
      return [code, stdout + stderr];
    }
  };

  it('is of all that is published to run, and the installed program is what it says', async () => {
    const {files} = JSON.parse(await readFile(join(root, 'dist/manifest.json'), 'utf8')) as {
      files: Readonly<Record<string, string>>;
    };
    const paths = Object.keys(files);
    expect(paths).to.include.members(['package.json', 'bin/webkms.js', 'dist/lib/cli/main.js']);
    expect(paths.some((path) => path.startsWith('lib/') || path.includes('manifest.json'))).to.equal(false);
    const [code, text] = await webkms('admin', 'self-check');
    expect(text).to.include(`The program is what the manifest says: ${paths.length} files.`);
    expect(code).to.equal(0);
  });

  it('finds what was changed, and the server of it does not start', async () => {
    const file = join(root, 'dist/lib/turns.js');
    const before = await readFile(file);
    await appendFile(file, '// changed\n');
    const [code, text] = await webkms('admin', 'self-check');
    expect([code, text]).to.deep.equal([
      1,
      'changed dist/lib/turns.js\nwebkms: files that are not as the manifest says: 1\n',
    ]);
    const [status, refusal] = await webkms('serve');
    expect(status).to.equal(1);
    expect(refusal).to.include('changed dist/lib/turns.js');
    await writeFile(file, before);
    expect((await webkms('admin', 'self-check'))[0]).to.equal(0);
  });

  it('finds sources that the launcher would run in place of what was built', async () => {
    const check = `
      const {SelfCheck} = await import('./dist/lib/self-check/self-check.js');
      const {findings} = await new SelfCheck({mode: 'enforce', manifest: undefined}).check();
      console.log(JSON.stringify(findings));`;
    const findings = async (): Promise<unknown> =>
      JSON.parse((await run(process.execPath, ['--input-type=module', '-e', check], {cwd: root})).stdout);
    expect(await findings()).to.deep.equal([]);
    await mkdir(join(root, 'lib/cli'), {recursive: true});
    await writeFile(join(root, 'lib/cli/main.ts'), '');
    expect(await findings()).to.deep.equal([{problem: 'added', path: 'lib/cli/main.ts'}]);
  });
});
