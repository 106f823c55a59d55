import {mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import {describeFindings, nameFindings} from '../../lib/self-check/describe-findings.ts';
import type {Manifest} from '../../lib/self-check/manifest.ts';
import {recordBuild, recordInstallation} from '../../lib/self-check/record-manifest.ts';
import {SelfCheck, SelfCheckError} from '../../lib/self-check/self-check.ts';
import {writeManifest} from '../../lib/self-check/write-manifest.ts';

describe('a self-check', () => {
  let dir: string;
  let root: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'webkms-check-'));
    root = join(dir, 'package');
    path = join(dir, 'manifest.json');
    for (const name of ['bin/a.js', 'dist/b.js', 'lib/c.ts', 'schemas/d.ts']) await write(name, 'content');
    await write('package.json', '{"version": "1.2.3"}');
  });
  afterEach(() => rm(dir, {recursive: true}));

  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(dirname(join(root, name)), {recursive: true});
    await writeFile(join(root, name), content);
  };
  const check = (fromSources = true): SelfCheck =>
    new SelfCheck({mode: 'enforce', manifest: path}, {root, fromSources});
  const byBuild = (fromSources: boolean): SelfCheck =>
    new SelfCheck({mode: 'enforce', manifest: undefined}, {root, fromSources});
  const record = (manifest: Manifest): Promise<string> => writeManifest(path, manifest, {replace: true});

  it('reports nothing before it has looked, and then what it has seen; one at a time', async () => {
    const digest = await record(await recordInstallation({root, fromSources: true}));
    const selfCheck = check();
    const told: string[] = [];
    selfCheck.onChecked(({result}) => told.push(result));
    expect(await selfCheck.report()).to.deep.equal({mode: 'enforce', result: 'unchecked', digest});
    const [first, second] = await Promise.all([selfCheck.check(), selfCheck.check()]);
    expect(second).to.equal(first);
    expect(first).to.include({result: 'passed', digest, files: 5});
    await write('lib/c.ts', 'another');
    expect((await selfCheck.check()).findings).to.deep.equal([{problem: 'changed', path: 'lib/c.ts'}]);
    await write('lib/c.ts', 'content');
    expect(await selfCheck.check()).to.include({result: 'changed'});
    expect(await check().check()).to.include({result: 'passed'});
    expect(told).to.deep.equal(['passed', 'changed', 'changed']);
  });

  it('is by the manifest of the build where none is named; of sources there is none', async () => {
    await writeManifest(join(root, 'dist/manifest.json'), await recordBuild(root));
    const built = byBuild(false);
    // What the launcher would take in place of what was built.
    expect((await built.check()).result).to.equal('passed');
    await write('lib/cli/main.ts', '');
    expect((await built.check()).findings).to.deep.equal([{problem: 'added', path: 'lib/cli/main.ts'}]);
    expect(await byBuild(true).check()).to.deep.equal({mode: 'enforce', result: 'none'});
  });

  it('takes no manifest that does not cover the program', async () => {
    const manifest = await recordInstallation({root, fromSources: true});
    for (const covers of [[], manifest.covers.filter((covered) => covered !== 'lib')]) {
      await record({...manifest, covers, files: new Map()});
      const report = await check().check();
      expect(report).to.include({result: 'unusable'});
      expect(report.problem).to.include('does not cover this one');
    }
    await record(manifest);
    expect(await check(false).check()).to.include({result: 'unusable'});
    expect(await check().check()).to.include({result: 'passed'});
  });

  it('finds that another Node.js runs than was recorded', async () => {
    const manifest = await recordInstallation({root, fromSources: true});
    const node = await realpath(process.execPath);
    const files = new Map([...manifest.files].filter(([file]) => file !== node));
    const covers = [...manifest.covers.filter((covered) => covered !== node), '/nowhere/node'];
    await record({...manifest, covers, files});
    expect((await check().check()).findings).to.deep.equal([{problem: 'added', path: node}]);
  });

  it('enforces: anything but what was recorded is refused, and so is nothing', async () => {
    const refused = async (selfCheck: SelfCheck): Promise<string> => {
      const error: unknown = await selfCheck.enforce().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(SelfCheckError);
      return (error as SelfCheckError).message;
    };
    expect(await refused(check())).to.include('There is no manifest at');
    expect(await refused(byBuild(true))).to.include('--record FILE');
    await record(await recordInstallation({root, fromSources: true}));
    expect((await check().enforce()).result).to.equal('passed');
    await write('lib/new.ts', '');
    expect(await refused(check())).to.include('added lib/new.ts');
    await writeFile(path, '{}');
    expect(await refused(check())).to.include('no manifest');
  });

  it('has no outcome where it was ended', async () => {
    await record(await recordInstallation({root, fromSources: true}));
    const selfCheck = check();
    selfCheck.onChecked(() => expect.fail('There is none.'));
    selfCheck.close();
    expect((await selfCheck.check()).result).to.equal('unchecked');
  });

  it('names some findings and counts the rest; names of files cannot write to a terminal', () => {
    const findings = Array.from({length: 25}, (_, i) => ({problem: 'added' as const, path: `lib/${i}.ts`}));
    expect(nameFindings(findings)).to.match(/^added lib\/0\.ts, .*, added lib\/19\.ts, and 5 more$/);
    const hostile = [{problem: 'added' as const, path: 'lib/\u001b[2J'}];
    const text = describeFindings({mode: 'warn', result: 'changed', findings: hostile});
    expect(text).to.include('added "lib/\\u001b[2J"').and.not.include('\u001b');
  });
});
