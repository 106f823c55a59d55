/**
 * A process of its own that works on the key hierarchy of the database argv[2], as argv[3] says, and prints a line for
 * each thing that was answered with success.
 */
import {writeSync} from 'node:fs';
import {DuplicateError} from '../../../lib/errors.ts';
import {SqliteStores} from '../../../lib/storage/sqlite/sqlite-stores.ts';
import {insertFirstKeys, makeRotation, randomBlob} from '../key-hierarchy-records.ts';

/** What is stored at least, once the line is there. */
export interface HierarchyProgress {
  readonly scope: string;
  /** The newest version of all its keys. */
  readonly version: number;
  /** The oldest version of all its keys. */
  readonly oldest: number;
  readonly collectionVersion: number;
}

const [, , path = '', task, ...parameters] = process.argv;
const stores = await SqliteStores.open({path});
const {keyHierarchy} = stores;
const roots = (await keyHierarchy.listRootWrappers()).map(({id}) => id);

async function print(progress: Omit<HierarchyProgress, 'collectionVersion'>): Promise<void> {
  const collectionVersion = await keyHierarchy.readCollectionVersion();
  writeSync(1, `${JSON.stringify({...progress, collectionVersion} satisfies HierarchyProgress)}\n`);
}

/** Seals all of a scope under its newest root key version, and deletes the versions that are not needed then. */
async function prune(scope: string): Promise<void> {
  const {rootKeyVersions, dataKeys} = (await keyHierarchy.findScope(scope))!;
  const rootKeyVersionId = rootKeyVersions.at(-1)!.id;
  const old = dataKeys.flatMap(({versions}) => versions.slice(0, -1));
  await keyHierarchy.resealDataKeyVersions(
    scope,
    old.map(({id, blob}) => ({id, rootKeyVersionId, blob: randomBlob(), replacedBlob: blob})),
  );
  for (const {id} of old) await keyHierarchy.deleteDataKeyVersion(id);
  for (const {id} of rootKeyVersions.slice(0, -1)) await keyHierarchy.deleteRootKeyVersion(id);
}

/** Makes scopes, each of which is rotated and pruned. */
async function write(): Promise<never> {
  for (;;) {
    const {scope} = await insertFirstKeys(stores, roots);
    await print({scope, version: 1, oldest: 1});
    await keyHierarchy.addKeys(scope, makeRotation((await keyHierarchy.findScope(scope))!, roots));
    await print({scope, version: 2, oldest: 1});
    await prune(scope);
    await print({scope, version: 2, oldest: 2});
  }
}

/** Rotates one scope `times` times, while others may. */
async function rotate(scope: string, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const rotation = makeRotation((await keyHierarchy.findScope(scope))!, roots);
    try {
      await keyHierarchy.addKeys(scope, rotation);
    } catch (error) {
      if (error instanceof DuplicateError) continue;
      throw error;
    }
    done++;
    await print({scope, version: rotation.rootKeyVersion.version, oldest: 1});
  }
}

if (task === 'write') await write();
const [scope = '', times] = parameters;
if (task === 'rotate') await rotate(scope, Number(times));
await stores.close();
