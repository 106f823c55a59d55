import type Database from 'better-sqlite3';
import {initial} from './migrations/0001-initial.ts';
import {keyHierarchy} from './migrations/0002-key-hierarchy.ts';
import {maintenanceJobs} from './migrations/0003-maintenance-jobs.ts';
import {leases} from './migrations/0004-leases.ts';
import {storeMark} from './migrations/0005-store-mark.ts';
import type {Migration} from './migrations/migration.ts';
import {StoreOpenError} from '../store-open-error.ts';

/** In the order in which they run; the schema's version is how many have run. */
const MIGRATIONS: readonly Migration[] = [initial, keyHierarchy, maintenanceJobs, leases, storeMark];

/** `wKMS` in ASCII: says in the file's header whose database it is. */
const APPLICATION_ID = 0x774b4d53;

const BOOTSTRAP = `
PRAGMA application_id = ${APPLICATION_ID};
CREATE TABLE schema_migration (
  version INTEGER PRIMARY KEY CHECK (version >= 1),
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT;
`;

/**
 * The version of the schema; 0 where the database is empty.
 * @throws StoreOpenError where the database is somebody else's or of a newer release; it was not written to.
 */
export function schemaVersion(db: Database.Database): number {
  // As of one moment: a new database that another process is filling is neither empty nor somebody else's.
  return db.transaction(() => readSchemaVersion(db)).deferred();
}

function readSchemaVersion(db: Database.Database): number {
  const applicationId = db.pragma('application_id', {simple: true});
  if (applicationId !== APPLICATION_ID) {
    const objects = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
    if (applicationId === 0 && objects === 0) return 0;
    throw new StoreOpenError(
      'ERR_STORE_FOREIGN',
      `${db.name} is another application's database. Give the setting for the storage another file name.`,
    );
  }
  const version =
    db.prepare<[], number | null>('SELECT max(version) FROM schema_migration').pluck().get() ?? 0;
  // The file's header says it too, for whoever knows only that.
  const newest = Math.max(version, Number(db.pragma('user_version', {simple: true})));
  if (newest > MIGRATIONS.length) {
    throw new StoreOpenError(
      'ERR_STORE_NEWER',
      `${db.name} has schema version ${newest}, and this release knows up to ${MIGRATIONS.length}. ` +
        'Start the release that wrote it or a newer one, or restore a backup made before it.',
    );
  }
  return version;
}

/** Brings the schema to this release's version. Other processes may do the same at the same time. */
export function migrate(db: Database.Database): void {
  const migrateOnce = db.transaction((): boolean => {
    // Read again under the write lock: another process may have been faster.
    const version = readSchemaVersion(db);
    const migration = MIGRATIONS[version];
    if (!migration) return false;
    if (version === 0) db.exec(BOOTSTRAP);
    db.exec(migration.sql);
    db.prepare('INSERT INTO schema_migration (version, name, applied_at) VALUES (?, ?, ?)').run(
      version + 1,
      migration.name,
      Date.now(),
    );
    db.pragma(`user_version = ${version + 1}`);
    return true;
  });
  if (schemaVersion(db) === MIGRATIONS.length) return;
  while (migrateOnce.immediate());
}
