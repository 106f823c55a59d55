import type {IdentifiedRootWrapper} from '../sealing/root-wrapper.ts';
import {openRootKey} from '../sealing/key-hierarchy/root-access.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import type {Stores} from '../storage/stores.ts';
import {BackupError} from './backup-error.ts';

const SCOPES_PER_PAGE = 100;
const MAX_SHOWN = 5;

export interface RestoredKeys {
  readonly scopes: number;
  /** Scopes with a root key that the root does not open: they were damaged before the backup was made. */
  readonly damagedScopes: readonly string[];
}

/**
 * Checks a database that came out of a backup: that it is whole, and that the root opens its root keys.
 * @throws BackupError, `damaged`
 */
export async function checkRestored(stores: Stores, root: IdentifiedRootWrapper): Promise<RestoredKeys> {
  const problems = await stores.verify();
  if (problems.length > 0) {
    const shown = problems.slice(0, MAX_SHOWN).join(' ');
    throw new BackupError(
      'damaged',
      `The database in the backup is damaged, and was when it was made. ${shown}`,
    );
  }
  const listed = (await stores.keyHierarchy.listRootWrappers()).find(({id}) => id === root.id);
  if (listed?.state !== 'active' || listed.wrapperKeyId !== root.wrapper.keyId)
    throw new BackupError(
      'damaged',
      'The database in the backup does not belong to the root that opens the backup.',
    );
  return openRootKeys(stores, root);
}

async function openRootKeys(
  {keyHierarchy}: Pick<Stores, 'keyHierarchy'>,
  root: IdentifiedRootWrapper,
): Promise<RestoredKeys> {
  const damagedScopes: string[] = [];
  let scopes = 0;
  let cursor: string | undefined;
  do {
    const page = await keyHierarchy.listScopes({limit: SCOPES_PER_PAGE, cursor});
    for (const scope of page.results) {
      scopes++;
      if (!(await opens(keyHierarchy, scope, root))) damagedScopes.push(scope);
    }
    ({cursor} = page);
  } while (cursor !== undefined);
  if (scopes > 0 && damagedScopes.length === scopes)
    throw new BackupError('damaged', 'The root that opens the backup opens none of the keys in it.');
  return {scopes, damagedScopes};
}

async function opens(
  store: Stores['keyHierarchy'],
  scope: string,
  root: IdentifiedRootWrapper,
): Promise<boolean> {
  const record = await store.findScope(scope);
  if (!record) return false;
  try {
    for (const version of record.rootKeyVersions) {
      const key = await openRootKey({scope, rootKeyId: record.rootKeyId}, version, [root]);
      key.close();
    }
    return true;
  } catch (error) {
    if (error instanceof SealedBlobError) return false;
    throw error;
  }
}
