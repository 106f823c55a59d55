import {fork} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertFirstKeys, insertRoot} from '../key-hierarchy-records.ts';
import type {HierarchyProgress} from './hierarchy-process.ts';
import {withTemporaryFile} from './temporary-store.ts';

const SCRIPT = fileURLToPath(new URL('hierarchy-process.ts', import.meta.url));

/** @returns what it printed before it ended, or was killed after `enough` lines. */
async function run(parameters: readonly string[], enough = Infinity): Promise<readonly HierarchyProgress[]> {
  const child = fork(SCRIPT, parameters, {stdio: ['ignore', 'pipe', 'inherit', 'ipc']});
  const exited = once(child, 'exit');
  const lines: HierarchyProgress[] = [];
  for await (const line of createInterface({input: child.stdout!})) {
    // Of the last line before the kill there may be a part.
    if (child.killed && !line.endsWith('}')) continue;
    lines.push(JSON.parse(line) as HierarchyProgress);
    if (lines.length >= enough) child.kill('SIGKILL');
  }
  expect(await exited).to.deep.equal(child.killed ? [null, 'SIGKILL'] : [0, null]);
  return lines;
}

const versionsOf = (versions: readonly {readonly version: number}[]): number[] =>
  versions.map(({version}) => version);

async function expectStored(path: string, acknowledged: readonly HierarchyProgress[]): Promise<void> {
  const stores = await SqliteStores.open({path});
  await stores.keyHierarchy.validateSchema();
  expect(await stores.keyHierarchy.readCollectionVersion()).to.be.at.least(
    acknowledged.at(-1)!.collectionVersion,
  );
  for (const {scope, version, oldest} of new Map(acknowledged.map((each) => [each.scope, each])).values()) {
    const {rootKeyVersions, dataKeys} = (await stores.keyHierarchy.findScope(scope))!;
    for (const versions of [rootKeyVersions, ...dataKeys.map((dataKey) => dataKey.versions)]) {
      const numbers = versionsOf(versions);
      expect(Math.max(...numbers)).to.be.at.least(version);
      expect(Math.min(...numbers)).to.be.at.least(oldest);
    }
    // A rotation is stored whole or not at all.
    expect(new Set(dataKeys.map(({versions}) => versions.at(-1)?.version)).size).to.equal(1);
    expect(dataKeys[0]?.versions.at(-1)?.version).to.equal(rootKeyVersions.at(-1)?.version);
  }
  await stores.close();
  const db = new Database(path);
  expect(db.pragma('integrity_check', {simple: true})).to.equal('ok');
  expect(db.pragma('foreign_key_check')).to.deep.equal([]);
  db.close();
}

describe('SQLite key hierarchy with several processes', () => {
  it('keeps every change that was acknowledged before kill -9, and each one whole', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      await insertRoot(stores);
      await stores.close();
      const acknowledged: HierarchyProgress[] = [];
      for (const enough of [1, 2, 5, 30]) {
        acknowledged.push(...(await run([path, 'write'], enough)));
        await expectStored(path, acknowledged);
      }
      expect(acknowledged.length).to.be.at.least(38);
    }));

  it('gives each version to one of the processes that rotate a scope', () =>
    withTemporaryFile(async (path) => {
      const stores = await SqliteStores.open({path});
      const {id} = await insertRoot(stores);
      const {scope} = await insertFirstKeys(stores, [id]);
      const printed = await Promise.all(Array.from({length: 3}, () => run([path, 'rotate', scope, '12'])));
      const expected = Array.from({length: 37}, (_, index) => index + 1);
      expect(versionsOf(printed.flat()).toSorted((a, b) => a - b)).to.deep.equal(expected.slice(1));
      const {rootKeyVersions, dataKeys} = (await stores.keyHierarchy.findScope(scope))!;
      expect(versionsOf(rootKeyVersions)).to.deep.equal(expected);
      for (const {versions} of dataKeys) expect(versionsOf(versions)).to.deep.equal(expected);
      await stores.close();
    }));
});
