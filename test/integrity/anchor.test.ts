import {mkdtemp, rm} from 'node:fs/promises';
import {setImmediate} from 'node:timers/promises';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import fc from 'fast-check';
import {AnchorError, parseAnchorLine} from '../../lib/integrity/anchor-lines.ts';
import {formatFinding} from '../../lib/integrity/finding.ts';
import {TamperedRecordError} from '../../lib/integrity/tampered-record-error.ts';
import {SERVER_SCOPE} from '../../lib/sealing/scopes.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useTempDir} from '../sealing/temp-dir.ts';
import {ALICE, BOB, makeRevocation, NOW} from '../storage/records.ts';
import {copyDatabase, editDatabase, OpenDatabase} from './database-fixture.ts';

describe('an anchor', () => {
  const path = useTempDir();
  let database: OpenDatabase;

  beforeEach(async () => {
    database = await OpenDatabase.open(path(''));
  });
  afterEach(() => database.close());

  const update = (replaced: KeystoreConfig, members: Partial<KeystoreConfig>) =>
    database.keystores.update(
      {...replaced, sequence: replaced.sequence + 1, ...members},
      {replaced, updater: ALICE},
    );

  async function found(anchor: readonly string[]): Promise<string[]> {
    return (await database.check(anchor)).map(formatFinding);
  }

  /** Everything of the database as it is now; `restore` puts it back, all but the root key. */
  async function snapshot(): Promise<{restore: () => Promise<void>}> {
    const copy = path(`copy-${performance.now()}`);
    await database.stores.copyTo(copy);
    return {
      restore: async () => {
        await database.close();
        await copyDatabase(copy, path('webkms.db'));
        for (const name of ['webkms.db-wal', 'webkms.db-shm']) await rm(path(name), {force: true});
        database = await OpenDatabase.open(path(''));
      },
    };
  }

  it('finds nothing where nothing happened, nor where the server itself changed what it may', async () => {
    const [first, second] = [await database.addKeystore(), await database.addKeystore()];
    const key = await database.addKey(first.id);
    await database.stores.revocations.insert(makeRevocation(first.id), {});
    const anchor = await database.anchor();
    expect(await found(anchor)).to.deep.equal([]);

    await update(first, {controller: [ALICE, BOB], ipAllowList: ['10.0.0.0/8']});
    await database.addKey(first.id);
    const third = await database.addKeystore();
    await database.addKey(third.id);
    await rewrap(first.id, key.localKeyId);
    await database.hierarchy.rotateKeys(second.id, {rewrap: true});
    await database.stores.revocations.insert(makeRevocation(first.id), {});
    expect(await found(anchor)).to.deep.equal([]);
  });

  /** As maintenance does: new versions of the keys, the key's material and all MACs anew. */
  async function rewrap(keystoreId: string, localKeyId: string): Promise<void> {
    const {stores, hierarchy, authenticator, module} = database;
    await hierarchy.rotateKeys(keystoreId, {rewrap: true});
    const config = (await stores.keystores.find(keystoreId))!;
    const plain = (await database.keystores.find(keystoreId))!;
    await stores.keystores.replaceAuthentication(config, await authenticator.authenticateKeystore(plain));
    const record = (await database.keys.find({keystoreId, localKeyId}))!;
    const [version] = record.versions;
    const resealed = await module.reseal({
      ...{keystoreId, localKeyId, type: 'Ed25519VerificationKey2020', version: 1},
      material: version!.material!,
      publicKey: version!.publicKey!,
    });
    const next = {...record, sequence: record.sequence + 1, versions: [{...version!, ...resealed}]};
    const authentication = await authenticator.authenticateKey(next);
    const replaced = await stores.keys.replace([
      {record: {...next, authentication}, replacedSequence: record.sequence},
    ]);
    expect(replaced).to.deep.equal([true]);
  }

  it('finds nothing while keys are rotated, rewrapped and pruned', async () => {
    const keystores = [await database.addKeystore(), await database.addKeystore()];
    const keys = [await database.addKey(keystores[0]!.id), await database.addKey(keystores[1]!.id)];
    const anchor = await database.anchor();
    const checked = {done: false};
    let rounds = 0;
    const rotating = (async () => {
      while (!checked.done) {
        for (const {keystoreId, localKeyId} of keys) {
          await rewrap(keystoreId, localKeyId);
          for (const {versions} of await database.hierarchy.listKeys(keystoreId)) {
            const old = versions.slice(0, -1);
            // Each data key version that nothing needs; then the root key versions, which nothing needs then.
            for (const {id} of old) await database.hierarchy.revokeKeyVersion(id).catch(() => undefined);
          }
        }
        rounds++;
        await setImmediate();
      }
    })();
    try {
      for (let checks = 0; checks < 5; checks++) {
        expect(await found(anchor)).to.deep.equal([]);
        expect((await database.anchor()).at(-1)).to.include('"end"');
        for (const key of keys) expect((await database.keys.find(key))?.versions).to.have.length(1);
      }
    } finally {
      checked.done = true;
      await rotating;
    }
    expect(rounds).to.be.greaterThan(5);
  });

  it('names a keystore that was deleted, as a note, with nothing of its keys and revocations', async () => {
    const keystore = await database.addKeystore();
    await database.stores.revocations.insert(makeRevocation(keystore.id), {});
    const anchor = await database.anchor();
    await database.keystores.delete(keystore.id, {sequence: 0});
    expect(await found(anchor)).to.deep.equal([
      `note keys ${keystore.id}: They are gone, and so is their keystore.`,
      `note keystore ${keystore.id}: It was deleted since the anchor was written, or removed.`,
    ]);
  });

  it('names rows put back to what they were, which nothing in the database can tell', async () => {
    const keystore = await database.addKeystore();
    const key = await database.addKey(keystore.id);
    const row = `SELECT sequence, controller, ip_allow_list, mac, mac_key_version FROM keystore`;
    const keyRow = 'SELECT sequence, mac, mac_key_version FROM key_record';
    const versionRow = 'SELECT material, data_key_version FROM key_version';
    const db = path('webkms.db');
    const older = new Database(db);
    for (const [name, query] of Object.entries({old: row, old_key: keyRow, old_version: versionRow})) {
      older.exec(`CREATE TABLE ${name} AS ${query}`);
    }
    older.close();
    await update(keystore, {ipAllowList: ['10.0.0.0/8']});
    await rewrap(keystore.id, key.localKeyId);
    const anchor = await database.anchor();
    expect(await found(anchor)).to.deep.equal([]);
    editDatabase(
      path(''),
      'UPDATE keystore SET (sequence, controller, ip_allow_list, mac, mac_key_version) = (SELECT * FROM old)',
      'UPDATE key_record SET (sequence, mac, mac_key_version) = (SELECT * FROM old_key)',
      'UPDATE key_version SET (material, data_key_version) = (SELECT * FROM old_version)',
    );
    expect(await database.keystores.find(keystore.id)).to.deep.equal(keystore);
    expect(await database.check()).to.deep.equal([]);
    expect(await found(anchor)).to.deep.equal([
      `error keystore ${keystore.id}: It was put back to what it was before the anchor was written.`,
      `error key ${keystore.id}/keys/${key.localKeyId}: It was put back to what it was before the anchor was written.`,
    ]);
  });

  it('names a key and a revocation that are gone, though its keystore is there; not a revocation that has expired', async () => {
    const keystore = await database.addKeystore();
    const [kept, gone] = [await database.addKey(keystore.id), await database.addKey(keystore.id)];
    const revocation = makeRevocation(keystore.id);
    await database.stores.revocations.insert(revocation, {});
    await database.stores.revocations.insert(makeRevocation(keystore.id, {expiresAt: NOW - 1}), {});
    const anchor = await database.anchor();
    expect(anchor.filter((line) => line.includes('"revocation"'))).to.have.length(1);
    editDatabase(
      path(''),
      `DELETE FROM key_version WHERE key = (SELECT position FROM key_record WHERE local_id = '${gone.localKeyId}')`,
      `DELETE FROM key_record WHERE local_id = '${gone.localKeyId}'`,
      'DELETE FROM revocation',
    );
    expect(await database.check()).to.deep.equal([]);
    expect(await database.keys.find(kept)).to.deep.equal(kept);
    expect(await found(anchor)).to.deep.equal([
      `error key ${keystore.id}/keys/${gone.localKeyId}: It was there when the anchor was written, and is gone.`,
      `error revocation ${revocation.capabilityId} of ${keystore.id}: It was there when the anchor was written, and is gone.`,
    ]);
  });

  it('names what is older in a whole database that was put back', async () => {
    const keystore = await database.addKeystore();
    await database.addKey(keystore.id);
    await database.anchor();
    const {restore} = await snapshot();
    await update(keystore, {controller: BOB});
    const key = await database.addKey(keystore.id);
    await database.hierarchy.rotateKeys(keystore.id);
    const anchor = await database.anchor();
    expect(await found(anchor)).to.deep.equal([]);
    await restore();
    expect(await database.check()).to.deep.equal([]);
    expect(await found(anchor)).to.deep.equal([
      `error keys ${keystore.id}: The newest version of the key rootKey was 2, and is 1.`,
      `error keys ${keystore.id}: The newest version of the key audit was 2, and is 1.`,
      `error keys ${keystore.id}: The newest version of the key key-material was 2, and is 1.`,
      `error keys ${keystore.id}: The newest version of the key record-mac was 2, and is 1.`,
      `error keystore ${keystore.id}: It was put back to what it was before the anchor was written.`,
      `error key ${keystore.id}/keys/${key.localKeyId}: It was there when the anchor was written, and is gone.`,
    ]);
  });

  it('says that the database is older than the anchor where it has not even its key; and compares all the same', async () => {
    const keystore = await database.addKeystore();
    await database.anchor();
    const {restore} = await snapshot();
    await update(keystore, {controller: BOB});
    await database.hierarchy.rotateKeys(SERVER_SCOPE);
    const anchor = await database.anchor();
    await restore();
    const lines = await found(anchor);
    expect(lines[0]).to.match(
      /^error anchor: The key version kdkv_\S+ .* the database is older than the anchor\.$/,
    );
    expect(lines).to.include(
      `error keystore ${keystore.id}: It was put back to what it was before the anchor was written.`,
    );
  });

  it('opens by an older version of its key; where that was destroyed, nobody knows whether it was edited', async () => {
    await database.addKeystore();
    const anchor = await database.anchor();
    const [, ...dataKeys] = await database.hierarchy.rotateKeys(SERVER_SCOPE);
    expect(await found(anchor)).to.deep.equal([]);
    const old = dataKeys.find(({purpose}) => purpose === 'record-mac')!.versions[0]!;
    await database.hierarchy.revokeKeyVersion(old.id);
    expect(await found(anchor)).to.deep.equal([
      `error anchor: The key version ${old.id} that authenticates the anchor was destroyed since: whether the anchor was edited is not known.`,
    ]);
  });

  it('is not made of a database with a record that the server did not write', async () => {
    const keystore = await database.addKeystore();
    expect((await database.anchor()).at(-1)).to.include('"end"');
    editDatabase(path(''), `UPDATE keystore SET controller = '${BOB}'`);
    const error = await expectRejection(database.anchor(), TamperedRecordError);
    expect(error.record).to.deep.equal({kind: 'keystore', keystoreId: keystore.id});
  });

  describe('is refused, and nothing is compared with it', () => {
    let anchor: string[];
    beforeEach(async () => {
      const {id} = await database.addKeystore();
      await database.addKey(id);
      anchor = await database.anchor();
      expect(await found(anchor)).to.deep.equal([]);
      // What comparing would find.
      await database.addKeystore();
      editDatabase(path(''), 'DELETE FROM key_version', 'DELETE FROM key_record');
      expect(await found(anchor)).to.have.length(1);
    });

    const refused = async (lines: readonly string[]): Promise<string> => {
      const [line, ...more] = (await database.compare(lines)).map(formatFinding);
      expect(more).to.deep.equal([]);
      expect(line).to.match(/^error anchor: /);
      return line!;
    };

    it('where it is cut off, anywhere', async () => {
      for (let length = 0; length < anchor.length; length++) await refused(anchor.slice(0, length));
    });

    it('where any line is missing, doubled, or in another place', async () => {
      for (let i = 0; i < anchor.length; i++) {
        const line = anchor[i]!;
        await refused(anchor.toSpliced(i, 1));
        await refused(anchor.toSpliced(i, 0, line));
        const moved = anchor.toSpliced(i, 1).toSpliced((i + 1) % anchor.length, 0, line);
        await refused(moved);
      }
    });

    it('where any character is another', async () => {
      const text = anchor.join('\n');
      await fc.assert(
        fc.asyncProperty(
          fc.nat(text.length - 1),
          fc.string({minLength: 1, maxLength: 1}),
          async (at, character) => {
            fc.pre(text[at] !== character);
            const lines = `${text.slice(0, at)}${character}${text.slice(at + 1)}`.split('\n');
            const [line, ...more] = (await database.compare(lines)).map(formatFinding);
            // Of the name of its key nothing is known but by the key.
            if (line!.includes('that authenticates the anchor')) return;
            expect(more).to.deep.equal([]);
            expect(line).to.match(/^error anchor: /);
          },
        ),
        {numRuns: 300},
      );
    });

    it('where it is of another database', async () => {
      const elsewhere = await OpenDatabase.open(await mkdtemp(path('other-')));
      try {
        await elsewhere.addKeystore();
        const other = await elsewhere.anchor();
        expect(await refused(other)).to.include('another database');
        expect((await elsewhere.check(other)).map(formatFinding)).to.deep.equal([]);
      } finally {
        await elsewhere.close();
      }
    });

    it('where it is of another format', async () => {
      const [header, ...rest] = anchor;
      expect(await refused([header!.replace('"format":1', '"format":2'), ...rest])).to.include('format');
    });
  });

  it('has lines of known forms only', () => {
    for (const line of [
      '',
      '1',
      'null',
      '[]',
      '{}',
      '{"type":"toString"}',
      '{"type":"key","id":"a","sequence":"0","digest":""}',
    ]) {
      expect(() => parseAnchorLine(line), line).to.throw(AnchorError);
    }
    expect(parseAnchorLine('{"type":"key","id":"a","sequence":0,"digest":""}')).to.have.property('id', 'a');
  });
});
