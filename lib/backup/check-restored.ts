import type {IdentifiedRootWrapper} from '../sealing/root-wrapper.ts';
import {openRootKey} from '../sealing/key-hierarchy/root-access.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import type {Stores} from '../storage/stores.ts';
import {BackupError} from './backup-error.ts';

const SCOPES_PER_PAGE = 100;
const MAX_SHOWN = 5;

export interface RestoredDatabase {
  /** What the database itself finds wrong, where that was accepted. */
  readonly problems: readonly string[];
  readonly scopes: number;
  /** Scopes with a root key that the root does not open: they were damaged before the backup was made. */
  readonly damagedScopes: readonly string[];
}

/**
 * Checks a database that came out of a backup: that it is whole, and that the root opens its root keys.
 * @param acceptDamaged whether what the database finds wrong in itself is only told.
 * @throws BackupError, `damaged`
 */
export async function checkRestored(
  stores: Stores,
  root: IdentifiedRootWrapper,
  {acceptDamaged}: {readonly acceptDamaged: boolean},
): Promise<RestoredDatabase> {
  const problems = await stores.verify();
  if (problems.length > 0 && !acceptDamaged) {
    const shown = problems.slice(0, MAX_SHOWN).join(' ');
    const more = problems.length > MAX_SHOWN ? ` And ${problems.length - MAX_SHOWN} more.` : '';
    throw new BackupError(
      'damaged',
      `The database in the backup was damaged when the backup was made. ${shown}${more} Take an older one; or restore it as it is, with --damaged.`,
    );
  }
  const listed = (await stores.keyHierarchy.listRootWrappers()).find(({id}) => id === root.id);
  if (listed?.state !== 'active' || listed.wrapperKeyId !== root.wrapper.keyId)
    throw new BackupError(
      'damaged',
      'The database in the backup does not belong to the root that opens the backup.',
    );
  return {problems, ...(await openRootKeys(stores, root))};
}

async function openRootKeys(
  {keyHierarchy}: Pick<Stores, 'keyHierarchy'>,
  root: IdentifiedRootWrapper,
): Promise<Pick<RestoredDatabase, 'scopes' | 'damagedScopes'>> {
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
