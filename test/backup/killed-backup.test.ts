import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {expect} from 'chai';
import {useBackups} from './backup-fixture.ts';

const SCRIPT = join(import.meta.dirname, 'backup-process.ts');
const DRAFT = /\.[0-9a-f]{16}\.draft$/;

describe('a backup whose process is killed', () => {
  const fixture = useBackups();

  it('leaves no backup, and drafts that the next one deletes', async () => {
    const store = await fixture.populated();
    const [file, root] = [fixture.path('backup'), fixture.uri('root.key')];
    const child = spawn(process.execPath, [SCRIPT, store.storagePath, root, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');

    const left = (await fixture.names()).filter((name) => DRAFT.test(name));
    expect(left.map((name) => name.replace(DRAFT, ''))).to.deep.equal(['backup', 'webkms.db']);
    expect(await fixture.names()).to.not.include('backup');
    await store.backUp(file);
    expect((await fixture.names()).filter((name) => DRAFT.test(name))).to.deep.equal([]);
    expect((await fixture.restore(file)).scopes).to.equal(3);
  });
});
