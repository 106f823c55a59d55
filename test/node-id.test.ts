import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {nodeId, NodeIdError} from '../lib/node-id.ts';

describe('nodeId', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-node-id-'));
  });
  afterEach(() => rm(dataDir, {recursive: true}));

  it('is the same again, and another for each worker and each directory', async () => {
    const first = await nodeId(dataDir);
    expect(first).to.match(/^[\w-]{43}$/);
    expect(await nodeId(dataDir)).to.equal(first);
    expect(await nodeId(dataDir, {worker: 0})).to.equal(first);
    const ids = [first, await nodeId(dataDir, {worker: 1}), await nodeId(dataDir, {worker: 2})];
    await rm(join(dataDir, 'node-id'));
    ids.push(await nodeId(dataDir));
    expect(new Set(ids).size).to.equal(4);
  });

  it('does not show the number that the file keeps, which is its owner’s and lies there alone', async () => {
    const id = await nodeId(dataDir);
    const path = join(dataDir, 'node-id');
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await readdir(dataDir)).to.deep.equal(['node-id']);
    expect(await readFile(path, 'utf8')).to.match(/^[\w-]{22}\n$/);
    expect(id).not.to.include((await readFile(path, 'utf8')).trim());
  });

  it('is one where several ask at once and none was there', async () => {
    const ids = await Promise.all(Array.from({length: 8}, () => nodeId(dataDir)));
    expect(new Set(ids).size).to.equal(1);
    expect(await nodeId(dataDir)).to.equal(ids[0]);
    expect(await readdir(dataDir)).to.deep.equal(['node-id']);
  });

  it('is refused where the file holds something else, and made anew where it was deleted', async () => {
    const path = join(dataDir, 'node-id');
    for (const text of ['', '\n', 'short\n', 'a'.repeat(22), `${'a'.repeat(23)}\n`]) {
      await writeFile(path, text);
      const outcome = await nodeId(dataDir).catch((error: unknown) => error);
      expect(outcome, JSON.stringify(text)).to.be.instanceOf(NodeIdError);
      expect(await readFile(path, 'utf8')).to.equal(text);
    }
    await writeFile(path, `${'a'.repeat(22)}\n`);
    expect(await nodeId(dataDir)).to.match(/^[\w-]{43}$/);
  });
});
