import {mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {OutputExistsError, writeOutputFile} from '../../../lib/client/file-encryption/output-file.ts';
import {refused} from '../refused.ts';

describe('output files', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-output-'));
  });
  afterEach(() => rm(directory, {recursive: true, force: true}));

  const pieces = async function* (...texts: string[]): AsyncGenerator<Buffer> {
    for (const text of texts) yield Buffer.from(text);
  };
  const failing = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('half');
    throw new Error('no more');
  };

  it('are there whole, for their owner alone', async () => {
    const path = join(directory, 'out');
    await writeOutputFile(path, pieces('a', '', 'bc'));
    expect(await readFile(path, 'utf8')).to.equal('abc');
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await readdir(directory)).to.deep.equal(['out']);
  });

  it('are not there at all where something fails on the way', async () => {
    const path = join(directory, 'out');
    const failure = await refused(writeOutputFile(path, failing()));
    expect(failure.message).to.equal('no more');
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('leave what was there where something fails, and replace it only where told', async () => {
    const path = join(directory, 'out');
    await writeFile(path, 'old');
    expect(await refused(writeOutputFile(path, pieces('new')))).to.be.instanceOf(OutputExistsError);
    await refused(writeOutputFile(path, failing(), {overwrite: true}));
    expect(await readFile(path, 'utf8')).to.equal('old');
    expect(await readdir(directory)).to.deep.equal(['out']);
    await writeOutputFile(path, pieces('new'), {overwrite: true});
    expect(await readFile(path, 'utf8')).to.equal('new');
    expect(await readdir(directory)).to.deep.equal(['out']);
  });

  it('do not go where a link leads', async () => {
    const [target, path] = [join(directory, 'target'), join(directory, 'out')];
    await writeFile(target, 'theirs');
    await symlink(target, path);
    expect(await refused(writeOutputFile(path, pieces('new')))).to.be.instanceOf(OutputExistsError);
    await writeOutputFile(path, pieces('new'), {overwrite: true});
    expect(await readFile(target, 'utf8')).to.equal('theirs');
    expect(await readFile(path, 'utf8')).to.equal('new');
  });

  it('are not there where the writer was stopped', async () => {
    const stopping = new AbortController();
    const stopped = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      stopping.abort(new Error('stopped'));
      yield Buffer.from('more');
    };
    const path = join(directory, 'out');
    const failure = await refused(writeOutputFile(path, stopped(), {signal: stopping.signal}));
    expect(failure.message).to.equal('stopped');
    const late = new AbortController();
    const whole = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('all');
      late.abort(new Error('stopped late'));
    };
    await refused(writeOutputFile(path, whole(), {signal: late.signal}));
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('are refused where there is no directory', async () => {
    expect(await refused(writeOutputFile(join(directory, 'no', 'out'), pieces('x')))).to.have.property(
      'code',
      'ENOENT',
    );
  });
});
