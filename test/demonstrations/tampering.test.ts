import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {adminCommand, admin} from '../support/admin-command.ts';
import {runServerProcess, type TestServer} from '../support/run-server.ts';
import {send, signedRequest} from '../support/signed-request.ts';
import {requireSqlite3, sqlite3, sqlite3Unguarded} from '../support/sqlite3-program.ts';
import {OWNER, populate, signing, type PopulatedKeystore} from './population.ts';

const local = (url: string): string => url.split('/').at(-1) ?? '';

/** What somebody does who has the `sqlite3` program and the database file, while the server runs. */
describe('rows edited with the sqlite3 program', function () {
  this.timeout(60_000);
  let server: TestServer;
  let keystores: readonly PopulatedKeystore[];

  before(async function () {
    requireSqlite3(this);
    server = await runServerProcess();
    keystores = await populate(server, {keystores: 2, keysPerKeystore: 3});
  });
  after(async () => (server as TestServer | undefined)?.stop());

  const database = (): string => join(server.dataDir, 'webkms.db');
  const key = (keystore: number, index: number): string => keystores[keystore]?.keys[index] ?? '';
  const keystore = (index: number): string => keystores[index]?.id ?? '';
  const where = (url: string): string => `local_id = '${local(url)}'`;
  const position = (url: string): string => `(SELECT position FROM key_record WHERE ${where(url)})`;

  const status = async (url: string): Promise<number> => (await send(server, signing(url))).status;
  const readStatus = async (url: string): Promise<number> =>
    (await send(server, signedRequest({url, action: 'read', signer: OWNER}))).status;

  /** What `webkms admin check` names as errors. */
  async function named(...args: readonly string[]): Promise<string> {
    const {status: code, out} = await adminCommand(['check', ...args], server);
    expect(code, out).to.equal(1);
    expect(out).to.contain('error');
    return out;
  }

  /** Edits, sees it refused and named, and takes the edit back. */
  async function refusedAndNamed(
    {edit, undo}: {readonly edit: string; readonly undo: string},
    {refused, names}: {readonly refused: () => Promise<void>; readonly names: readonly string[]},
  ): Promise<void> {
    await sqlite3Unguarded(database(), edit);
    try {
      await refused();
      const out = await named();
      for (const name of names) expect(out).to.contain(name);
    } finally {
      await sqlite3Unguarded(database(), undo);
    }
    expect((await adminCommand(['check'], server)).status, 'undone').to.equal(0);
  }

  it('the untouched database passes, and everything signs', async () => {
    expect((await adminCommand(['check'], server)).status).to.equal(0);
    for (const url of keystores.flatMap(({keys}) => keys)) expect(await status(url)).to.equal(200);
  });

  it("a keystore's controller", async () => {
    const set = (did: string): string =>
      `UPDATE keystore SET controller = '${did}' WHERE id = '${keystore(0)}';
       UPDATE keystore_controller SET controller = '${did}'
       WHERE keystore = (SELECT position FROM keystore WHERE id = '${keystore(0)}');`;
    await refusedAndNamed(
      {edit: set('did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'), undo: set(OWNER.did)},
      {
        refused: async () => {
          expect(await readStatus(keystore(0))).to.equal(500);
          expect(await status(key(0, 0))).to.equal(500);
          expect(await status(key(1, 0)), "another keystore's key").to.equal(200);
        },
        names: [keystore(0)],
      },
    );
    expect(await status(key(0, 0))).to.equal(200);
  });

  it("a key's row moved to another keystore", async () => {
    const move = (to: string): string =>
      `UPDATE key_record SET keystore = (SELECT position FROM keystore WHERE id = '${to}') WHERE ${where(key(0, 0))};`;
    const moved = `${keystore(1)}/keys/${local(key(0, 0))}`;
    await refusedAndNamed(
      {edit: move(keystore(1)), undo: move(keystore(0))},
      {
        refused: async () => {
          expect(await status(moved)).to.equal(500);
          expect(await status(key(0, 0))).to.equal(404);
          expect(await status(key(0, 1))).to.equal(200);
        },
        names: [local(key(0, 0))],
      },
    );
    expect(await status(key(0, 0))).to.equal(200);
  });

  it('two keys of different keystores swapped whole, MACs and all', async () => {
    const [a, b] = [key(0, 1), key(1, 1)];
    const swap = `
      CREATE TEMP TABLE spare AS SELECT * FROM key_version WHERE key IN (${position(a)}, ${position(b)});
      CREATE TEMP TABLE macs AS SELECT position, mac, mac_key_version FROM key_record WHERE position IN (${position(a)}, ${position(b)});
      UPDATE key_version SET (public_key, material, data_key_version) =
        (SELECT public_key, material, data_key_version FROM spare WHERE spare.key <> key_version.key)
        WHERE key IN (${position(a)}, ${position(b)});
      UPDATE key_record SET (mac, mac_key_version) =
        (SELECT mac, mac_key_version FROM macs WHERE macs.position <> key_record.position)
        WHERE position IN (${position(a)}, ${position(b)});`;
    await refusedAndNamed(
      {edit: swap, undo: swap},
      {
        refused: async () => {
          for (const url of [a, b]) expect(await status(url)).to.equal(500);
        },
        names: [local(a), local(b)],
      },
    );
  });

  it("a key's public alias", async () => {
    const old = await sqlite3(
      database(),
      `SELECT public_alias_template FROM key_record WHERE ${where(key(0, 2))}`,
    );
    const set = (template: string): string =>
      `UPDATE key_record SET public_alias_template = '${template}' WHERE ${where(key(0, 2))};`;
    await refusedAndNamed(
      {edit: set('did:example:other#{publicKeyMultibase}'), undo: set(old.trim())},
      {
        refused: async () => {
          expect(await status(key(0, 2))).to.equal(500);
        },
        names: [local(key(0, 2))],
      },
    );
  });

  it('a keystore put back to what it was is found by the anchor alone', async () => {
    const id = keystore(1);
    const row = `SELECT sequence, controller, mac, mac_key_version FROM keystore WHERE id = '${id}'`;
    await sqlite3(database(), `CREATE TABLE older AS ${row}`);
    const current = await send(server, signedRequest({url: id, action: 'read', signer: OWNER}));
    const updated = await send(
      server,
      signedRequest({
        url: id,
        json: {...(current.json as object), sequence: 1, ipAllowList: ['127.0.0.1/32', '::1/128']},
        action: 'write',
        signer: OWNER,
      }),
    );
    expect(updated.status, updated.text).to.equal(200);
    const anchor = join(server.dataDir, 'anchor');
    await writeFile(anchor, await admin(['anchor'], server));
    expect((await adminCommand(['check', '--anchor', anchor], server)).status).to.equal(0);

    await sqlite3Unguarded(
      database(),
      `UPDATE keystore SET ip_allow_list = NULL, (sequence, controller, mac, mac_key_version) =
         (SELECT sequence, controller, mac, mac_key_version FROM older) WHERE id = '${id}';`,
    );
    // It is what the server once wrote: nothing inside the database can tell.
    expect(await status(key(1, 2))).to.equal(200);
    await sqlite3(database(), 'DROP TABLE older');
    expect((await adminCommand(['check'], server)).status).to.equal(0);
    const out = await named('--anchor', anchor);
    expect(out).to.contain(id);
  });
});
