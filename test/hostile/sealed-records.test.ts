import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {send} from '../support/signed-request.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {operation} from './support/operations.ts';
import {INTERNAL} from './support/refusal.ts';

/** Whoever can write to the database, and has no root key. */
describe('hostile: records at rest', () => {
  const scene = useScene();
  const local = (url: string) => url.split('/').at(-1) ?? '';

  /** Does something behind the server's back. The triggers that keep mistakes out do not keep an attacker out. */
  function tamper(s: HostileScene, work: (db: Database.Database) => void): void {
    const db = new Database(join(s.server.dataDir, 'webkms.db'));
    const triggers = db
      .prepare<[], {name: string; sql: string}>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
      .all();
    db.transaction(() => {
      for (const {name} of triggers) db.exec(`DROP TRIGGER ${name}`);
      work(db);
      for (const {sql} of triggers) db.exec(sql);
    })();
    db.close();
  }

  const versionOf = (url: string) =>
    `key IN (SELECT position FROM key_record WHERE local_id = '${local(url)}')`;

  function swap(s: HostileScene, a: string, b: string, column: 'material' | 'public_key'): void {
    tamper(s, (db) => {
      const read = (url: string) =>
        db
          .prepare<[], Buffer>(`SELECT ${column} FROM key_version WHERE ${versionOf(url)}`)
          .pluck()
          .get();
      const [ofA, ofB] = [read(a), read(b)];
      const write = (url: string, value: unknown) =>
        db.prepare(`UPDATE key_version SET ${column} = ? WHERE ${versionOf(url)}`).run(value);
      write(a, ofB);
      write(b, ofA);
    });
  }

  it('material swapped between two keys of one keystore: neither signs; swapped back, both do', async () => {
    const s = scene();
    const [a, b] = [s.keys.ed25519, s.keys.second];
    const signed = (await s.accepted(s.signing({url: a}))).text;
    swap(s, a, b, 'material');
    for (const url of [a, b]) await s.refused(s.signing({url}), INTERNAL);
    await s.accepted(operation(s, s.keys.hmac, 'sign', {verifyData: 'AAAA'}));
    swap(s, a, b, 'material');
    for (const url of [a, b]) await s.accepted(s.signing({url}));
    expect((await s.accepted(s.signing({url: a}))).text).to.equal(signed);
  });

  it("material of a victim's key put into one's own keystore does not sign", async () => {
    const s = scene();
    const [victim, mine] = [s.foreign.keys.ed25519, s.keys.second];
    const own = (await s.accepted(s.signing({url: mine}))).text;
    swap(s, victim, mine, 'material');
    await s.refused(s.signing({url: mine}), INTERNAL);
    await s.refused(s.signing({url: victim, signer: s.foreign.owner}), INTERNAL);
    swap(s, victim, mine, 'public_key');
    await s.refused(s.signing({url: mine}), INTERNAL);
    swap(s, victim, mine, 'material');
    swap(s, victim, mine, 'public_key');
    expect((await s.accepted(s.signing({url: mine}))).text).to.equal(own);
    await s.accepted(s.signing({url: victim, signer: s.foreign.owner}));
  });

  it("a victim's whole key copied into one's own keystore, under its own name, does not sign", async () => {
    const s = scene();
    const victim = s.foreign.keys.ed25519;
    tamper(s, (db) => {
      db.exec(`INSERT INTO key_record
          (keystore, local_id, sequence, type, created_at, updated_at, origin, state, mac, mac_key_version)
        SELECT (SELECT position FROM keystore WHERE id = '${s.keystore}'), local_id, sequence, type, created_at,
          updated_at, origin, state, mac, mac_key_version
        FROM key_record WHERE local_id = '${local(victim)}'`);
      db.exec(`INSERT INTO key_version (key, version, created_at, state, public_key, material, data_key_version)
        SELECT (SELECT max(position) FROM key_record), version, created_at, state, public_key, material,
          data_key_version
        FROM key_version WHERE ${versionOf(victim)} LIMIT 1`);
    });
    const copy = `${s.keystore}/keys/${local(victim)}`;
    // Its MAC is over the keystore that it was made in.
    await s.refused(s.reading({url: copy}), INTERNAL);
    await s.refused(s.signing({url: copy}), INTERNAL);
    await s.accepted(s.signing({url: victim, signer: s.foreign.owner}));
    tamper(s, (db) =>
      db.exec('DELETE FROM key_record WHERE position = (SELECT max(position) FROM key_record)'),
    );
  });

  it('another public key in its place: the private key is not used as if it were its own', async () => {
    const s = scene();
    swap(s, s.keys.ed25519, s.keys.second, 'public_key');
    for (const url of [s.keys.ed25519, s.keys.second]) await s.refused(s.signing({url}), INTERNAL);
    swap(s, s.keys.ed25519, s.keys.second, 'public_key');
    for (const url of [s.keys.ed25519, s.keys.second]) await s.accepted(s.signing({url}));
  });

  it('a key of another type: a wrapping key does not sign', async () => {
    const s = scene();
    const retype = (type: string) =>
      tamper(s, (db) => {
        db.prepare(`UPDATE key_record SET type = ? WHERE local_id = ?`).run(type, local(s.keys.kek));
      });
    retype('Sha256HmacKey2019');
    await s.refused(operation(s, s.keys.kek, 'sign', {verifyData: 'AAAA'}), INTERNAL);
    retype('constructor');
    await s.refused(operation(s, s.keys.kek, 'sign', {verifyData: 'AAAA'}), INTERNAL);
    retype('AesKeyWrappingKey2019');
    await s.accepted(operation(s, s.keys.kek, 'wrapKey', {unwrappedKey: 'AAAAAAAAAAAAAAAAAAAAAA'}));
  });

  for (const [name, change] of [
    ['a flipped bit', (blob: Buffer) => blob.with(blob.length - 1, (blob.at(-1) ?? 0) ^ 1)],
    ['another key version named', (blob: Buffer) => blob.with(8, (blob.at(8) ?? 0) ^ 1)],
    ['a byte less', (blob: Buffer) => blob.subarray(0, -1)],
    ['a byte more', (blob: Buffer) => Buffer.concat([blob, Buffer.of(0)])],
    ['one byte alone', (blob: Buffer) => blob.subarray(0, 1)],
    ['zeros', (blob: Buffer) => Buffer.alloc(blob.length)],
  ] as const) {
    it(`sealed material with ${name} is refused, and the server goes on`, async () => {
      const s = scene();
      const url = await s.generateKey(s.property, {type: 'Ed25519VerificationKey2020'});
      tamper(s, (db) => {
        const sql = `FROM key_version WHERE ${versionOf(url)}`;
        const blob = db.prepare<[], Buffer>(`SELECT material ${sql}`).pluck().get() ?? Buffer.alloc(0);
        db.prepare(`UPDATE key_version SET material = ? WHERE ${versionOf(url)}`).run(change(blob));
      });
      await s.refused(s.signing({url}), INTERNAL);
      await s.refused(s.reading({url}), INTERNAL);
      await s.accepted(s.signing());
    });
  }

  it("a victim's data key in the place of one's own opens nothing", async () => {
    const s = scene();
    const swapDataKeys = () =>
      tamper(s, (db) => {
        const of = (
          keystore: string,
        ) => `data_key IN (SELECT position FROM data_key WHERE purpose = 'key-material' AND root_key IN
          (SELECT position FROM root_key WHERE scope LIKE '%${local(keystore)}%'))`;
        const blob = (keystore: string) =>
          db
            .prepare<[], Buffer>(`SELECT blob FROM data_key_version WHERE ${of(keystore)}`)
            .pluck()
            .get();
        const [mine, theirs] = [blob(s.keystore), blob(s.foreign.keystore)];
        expect(mine).not.to.equal(undefined);
        db.prepare(`UPDATE data_key_version SET blob = ? WHERE ${of(s.keystore)}`).run(theirs);
        db.prepare(`UPDATE data_key_version SET blob = ? WHERE ${of(s.foreign.keystore)}`).run(mine);
      });
    swapDataKeys();
    // This one has opened nothing yet.
    const node = await s.startNode();
    for (const request of [s.signing(), s.signing({url: s.foreign.keys.ed25519, signer: s.foreign.owner})]) {
      const {status, text} = await send(node, request);
      expect(status, text).to.equal(500);
      expect(text).to.include('"message":"An internal error occurred."');
    }
    swapDataKeys();
    expect((await send(await s.startNode(), s.signing())).status).to.equal(200);
  });
});
