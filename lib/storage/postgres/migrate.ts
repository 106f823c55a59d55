import type {ClientBase} from 'pg';
import {StoreOpenError} from '../store-open-error.ts';
import {SCHEMA_LOCK} from './advisory-locks.ts';
import {keyHierarchy} from './migrations/0001-key-hierarchy.ts';
import {keystores} from './migrations/0002-keystores.ts';
import {maintenanceJobs} from './migrations/0003-maintenance-jobs.ts';
import {storeMark} from './migrations/0004-store-mark.ts';
import type {Migration} from './migrations/migration.ts';
import {integerOrNull, type Row, text} from './row.ts';

/** In the order in which they run; the schema's version is how many have run. */
const MIGRATIONS: readonly Migration[] = [keyHierarchy, keystores, maintenanceJobs, storeMark];

const BOOTSTRAP = `
CREATE TABLE webkms_schema_migration (
  version bigint CONSTRAINT webkms_schema_migration_pkey PRIMARY KEY
    CONSTRAINT webkms_schema_migration_version CHECK (version >= 1),
  name text COLLATE "C" NOT NULL,
  applied_at bigint NOT NULL
)`;

/** Tables, views and sequences of the schema that no extension brought. */
const FIND_RELATIONS = `SELECT c.relname AS name FROM pg_class c
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND c.relkind = ANY (ARRAY['r', 'p', 'v', 'm', 'f', 'S']::"char"[])
    AND NOT EXISTS (SELECT 1 FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY c.relname`;

/** @throws StoreOpenError where the schema is somebody else's or of a newer release; it was not written to. */
async function readSchemaVersion(client: ClientBase): Promise<number> {
  const relations = (await client.query<Row>(FIND_RELATIONS)).rows.map((row) => text(row, 'name'));
  if (!relations.includes('webkms_schema_migration')) {
    if (relations.length === 0) return 0;
    throw new StoreOpenError(
      'ERR_STORE_FOREIGN',
      `The database that WEBKMS_STORAGE names has another application's tables (${relations.slice(0, 3).join(', ')}). ` +
        'Give the server a database, or a schema, of its own.',
    );
  }
  const {rows} = await client.query<Row>('SELECT max(version) AS version FROM webkms_schema_migration');
  const version = rows[0] ? (integerOrNull(rows[0], 'version') ?? 0) : 0;
  if (version > MIGRATIONS.length) {
    throw new StoreOpenError(
      'ERR_STORE_NEWER',
      `The database that WEBKMS_STORAGE names has schema version ${version}, and this release knows up to ` +
        `${MIGRATIONS.length}. Start the release that wrote it or a newer one, or restore a backup made before it.`,
    );
  }
  return version;
}

/**
 * Brings the schema to this release's version, all in one transaction. Other nodes may do the same at the same time: the
 * others wait. Where it has that version nothing is written, nor locked.
 */
export async function migrate(client: ClientBase): Promise<void> {
  if ((await readSchemaVersion(client)) === MIGRATIONS.length) return;
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    // Read again under the lock: another node may have been faster.
    const version = await readSchemaVersion(client);
    if (version === 0) await client.query(BOOTSTRAP);
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index >= version) await run(client, migration, index + 1);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function run(client: ClientBase, {name, sql}: Migration, version: number): Promise<void> {
  await client.query(sql);
  await client.query('INSERT INTO webkms_schema_migration (version, name, applied_at) VALUES ($1, $2, $3)', [
    version,
    name,
    Date.now(),
  ]);
}
