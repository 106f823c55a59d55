import {randomBytes} from 'node:crypto';
import {rm, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {formatFinding} from '../../lib/integrity/finding.ts';
import {RootChanges} from '../../lib/sealing/root-changes.ts';
import {useTempDir} from '../sealing/temp-dir.ts';
import {editDatabase, OpenDatabase} from './database-fixture.ts';

const log = {info: () => undefined, warn: () => undefined};

describe('checking several roots', () => {
  const path = useTempDir();
  let database: OpenDatabase;
  let uris: string[];

  beforeEach(async () => {
    database = await OpenDatabase.open(path(''));
    await database.addKey((await database.addKeystore()).id);
    const {stores, root, hierarchy} = database;
    const changes = new RootChanges({store: stores.keyHierarchy, root, hierarchy, log});
    await changes.add(`file:${path('second.key')}`);
    uris = [path('root.key'), path('second.key')].map((name) => `file:${name}`);
  });
  afterEach(() => database.close());

  const named = (index: number) => {
    const {id, uri} = database.root.records()[index]!;
    expect(uri).to.equal(uris[index]);
    return `${id} (${uri})`;
  };
  const found = async (): Promise<string[]> => (await database.check()).map(formatFinding);

  it('finds nothing where all are open; notes one that is not', async () => {
    expect(await found()).to.deep.equal([]);
    const first = named(0);
    await rm(path('root.key'));
    await database.close();
    database = await OpenDatabase.open(path(''));
    expect(await found()).to.deep.equal([
      `note root-wrapper ${first}: It is not open: what is sealed under it was not opened.`,
    ]);
  });

  it('names sealers that are not where the server put them', async () => {
    const other = 'SELECT sealer FROM root_wrapper AS o WHERE o.position <> root_wrapper.position';
    editDatabase(path(''), `UPDATE root_wrapper SET sealer = (${other}) WHERE position = 1`);
    expect(await found()).to.deep.equal([
      `error root-wrapper ${named(0)}: Its sealer does not open: A sealed blob could not be opened.`,
    ]);
  });

  it('names a sealer whose key version is another', async () => {
    editDatabase(path(''), 'UPDATE root_wrapper SET sealer_key_version = 1 WHERE position = 2');
    expect(await found()).to.include(
      `error root-wrapper ${named(1)}: Its sealer does not open: the key version that it names is not there.`,
    );
  });

  it('names a root key that one of them does not open, and one that one of them lacks', async () => {
    editDatabase(
      path(''),
      `UPDATE sealed_root_key_version SET blob = x'00' WHERE root_wrapper = 2 AND root_key_version = 1`,
    );
    expect((await found()).join('\n')).to.match(
      /^error keys \S+: The root key version 1 \(krkv_\S+\) does not open by the root wrapper rw_\S+: A sealed blob could not be opened\.$/m,
    );
    editDatabase(
      path(''),
      'DELETE FROM sealed_root_key_version WHERE root_wrapper = 2 AND root_key_version = 1',
    );
    expect((await found()).join('\n')).to.match(
      /^error keys \S+: The root key version 1 \(krkv_\S+\) is not sealed under the root wrapper rw_\S+\.$/m,
    );
  });

  it('names a root that was put in by hand', async () => {
    const anchor = await database.anchor();
    await writeFile(path('own.key'), `${randomBytes(32).toString('base64url')}\n`, {mode: 0o600});
    editDatabase(
      path(''),
      `INSERT INTO root_wrapper (id, uri, wrapper_key_id, created_at, state)
       VALUES ('rw_hand', 'file:${path('own.key')}', 'sha256:x', 0, 'active')`,
    );
    expect(await found()).to.include(
      `error root-wrapper rw_hand (file:${path('own.key')}): It has no sealer, though there are several roots: one was not added by the server.`,
    );
    expect((await database.check(anchor)).map(formatFinding)).to.include(
      `note root-wrapper rw_hand (file:${path('own.key')}): It was added after the anchor was written.`,
    );
  });
});
