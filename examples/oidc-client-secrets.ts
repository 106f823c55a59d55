// An application of its own seals the secrets of its OIDC clients: node examples/oidc-client-secrets.ts
// docs/sealing-library.md explains it. Outside of this project the import is 'webkms-server/sealing'.
import {randomBytes} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import Database from 'better-sqlite3';
import {
  encodeFields,
  KeyHierarchy,
  KeyInUseError,
  openApplicationKeyHierarchy,
  RootOfTrust,
} from '../lib/sealing-api.ts';

const SCOPE = 'https://issuer.example';
const PURPOSE = 'client-secrets';

const SCHEMA = `
CREATE TABLE oidc_client (
  id TEXT PRIMARY KEY,
  secret BLOB NOT NULL,
  key_version_id TEXT NOT NULL REFERENCES data_key_version (id) ON DELETE RESTRICT
) STRICT;
CREATE INDEX oidc_client_key_version ON oidc_client (key_version_id);
`;

interface ClientRow {
  readonly id: string;
  readonly secret: Uint8Array;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The application's table. Which client a secret is of is authenticated: a secret moved to another row does not open. */
class ClientSecrets {
  readonly #db: Database.Database;
  readonly #keys: KeyHierarchy;

  constructor(db: Database.Database, keys: KeyHierarchy) {
    this.#db = db;
    this.#keys = keys;
  }

  async store(id: string, secret: string): Promise<void> {
    const wrapper = await this.#keys.wrapperFor(SCOPE, PURPOSE);
    const sealed = await wrapper.seal(Buffer.from(secret), place(id));
    this.#db.prepare('INSERT INTO oidc_client VALUES (?, ?, ?)').run(id, sealed, wrapper.keyId);
  }

  async find(id: string): Promise<string | undefined> {
    const row = this.#db.prepare<[string], ClientRow>('SELECT * FROM oidc_client WHERE id = ?').get(id);
    if (!row) return undefined;
    const wrapper = await this.#keys.wrapperFor(SCOPE, PURPOSE);
    return Buffer.from(await wrapper.open(row.secret, place(id))).toString();
  }

  /** Seals anew what is under older versions. What was changed meanwhile is left to the next round. */
  async rewrap(): Promise<number> {
    const wrapper = await this.#keys.wrapperFor(SCOPE, PURPOSE);
    const old = this.#db
      .prepare<[string], ClientRow>('SELECT * FROM oidc_client WHERE key_version_id <> ? LIMIT 1000')
      .all(wrapper.keyId);
    const update = this.#db.prepare(
      'UPDATE oidc_client SET secret = ?, key_version_id = ? WHERE id = ? AND secret = ?',
    );
    let count = 0;
    for (const {id, secret} of old) {
      const opened = await wrapper.open(secret, place(id));
      const sealed = await wrapper.seal(opened, place(id));
      opened.fill(0);
      count += update.run(sealed, wrapper.keyId, id, secret).changes;
    }
    return count;
  }
}

const place = (clientId: string): Uint8Array => encodeFields(['oidc client secret', clientId]);

async function main(directory: string): Promise<void> {
  const db = new Database(join(directory, 'application.db'));
  db.pragma('foreign_keys = ON');
  const store = await openApplicationKeyHierarchy(db);
  db.exec(SCHEMA);
  const log = {info: () => undefined, warn: (_: object, message: string) => say(`  (${message})`)};
  say('Opens the roots of trust:');
  const roots = await RootOfTrust.open({store, seedUri: `file:${join(directory, 'root.key')}`, log});
  const keys = new KeyHierarchy({store, roots, purposes: [PURPOSE]});
  try {
    await keys.validateSchema();
    for (const {name, restricts} of await keys.listDataKeyVersionReferencers())
      say(`  ${name} ${restricts ? 'keeps' : 'does not keep'} key versions from being deleted`);

    await keys.createKeys(SCOPE, [PURPOSE]);
    const secrets = new ClientSecrets(db, keys);
    await secrets.store('shop', randomBytes(32).toString('base64url'));
    await secrets.store('wiki', 'correct horse battery staple');
    say(`Sealed the secrets of two clients; ${await versions(keys)}`);

    await keys.rotateKeys(SCOPE, {rewrap: true});
    say(`Rotated; ${await versions(keys)}`);
    await secrets.store('mail', 'a secret under the new version');
    say(`An old row opens: ${await secrets.find('wiki')}`);

    const [old = ''] = await versionIds(keys, PURPOSE);
    try {
      await keys.revokeKeyVersion(old);
    } catch (error) {
      if (!(error instanceof KeyInUseError)) throw error;
      say('Deleting the old version of the data key is refused: rows are sealed under it');
    }
    say(`Sealed ${await secrets.rewrap()} rows anew`);
    await keys.revokeKeyVersion(old);
    const [oldRoot = ''] = await versionIds(keys, 'rootKey');
    await keys.revokeKeyVersion(oldRoot);
    say(`Deleted the old versions; ${await versions(keys)}`);
    say(`The row still opens: ${await secrets.find('wiki')}`);
  } finally {
    await keys.close();
    await roots.close();
    db.close();
  }
}

async function versionIds(keys: KeyHierarchy, wanted: string): Promise<readonly string[]> {
  const key = (await keys.listKeys(SCOPE)).find(({purpose}) => purpose === wanted);
  return key?.versions.map(({id}) => id) ?? [];
}

async function versions(keys: KeyHierarchy): Promise<string> {
  const all = await keys.listKeys(SCOPE);
  return all
    .map(({purpose, versions: {length}}) => `${purpose}: ${length} version${length > 1 ? 's' : ''}`)
    .join(', ');
}

const directory = await mkdtemp(join(tmpdir(), 'oidc-client-secrets-'));
try {
  await main(directory);
} finally {
  await rm(directory, {recursive: true});
}
