import {chmod, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {AdminError, type AdminCall} from '../../lib/admin/admin-operation.ts';
import {anchor} from '../../lib/admin/operations/anchor.ts';
import {check} from '../../lib/admin/operations/check.ts';
import {formatFinding} from '../../lib/integrity/finding.ts';
import {readLines} from '../../lib/integrity/read-lines.ts';
import {AnchorError} from '../../lib/integrity/anchor-lines.ts';
import type {KeyManagement} from '../../lib/key-management.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useTempDir} from '../sealing/temp-dir.ts';
import {BOB} from '../storage/records.ts';
import {editDatabase, OpenDatabase} from './database-fixture.ts';

describe('the operations anchor and check', () => {
  const path = useTempDir();
  let database: OpenDatabase;
  let lines: string[];
  let steps: string[];

  beforeEach(async () => {
    database = await OpenDatabase.open(path(''));
    lines = [];
    steps = [];
  });
  afterEach(() => database.close());

  const management = (): KeyManagement => {
    const {stores, hierarchy, authenticator, root, module} = database;
    const keyModules = new Map([['software', module]]);
    return {stores, hierarchy, authenticator, root, keyModules} as unknown as KeyManagement;
  };
  const call = (signal = new AbortController().signal): AdminCall => ({
    report: ({step}) => steps.push(step),
    write: async (line) => {
      lines.push(line);
    },
    signal,
  });

  async function writtenAnchor(): Promise<string> {
    await anchor.run(management(), undefined, call());
    await writeFile(path('anchor'), `${lines.splice(0).join('\n')}\n`);
    return path('anchor');
  }

  it('write an anchor, line by line, and find nothing with it', async () => {
    await database.addKey((await database.addKeystore()).id);
    const result = await anchor.run(management(), undefined, call());
    expect(result).to.deep.equal({lines: lines.length});
    expect(lines.splice(0)).to.have.length(7);
    const file = await writtenAnchor();
    expect(await check.run(management(), check.parse({anchor: file}), call())).to.deep.equal({
      errors: 0,
      notes: 0,
    });
    expect(lines).to.deep.equal([]);
    expect(steps).to.include('checking records');
  });

  it('write a line for each finding, and count them', async () => {
    const keystore = await database.addKeystore();
    const gone = await database.addKeystore();
    const file = await writtenAnchor();
    await database.keystores.delete(gone.id, {sequence: 0});
    editDatabase(path(''), `UPDATE keystore SET meter_id = '${BOB}'`);
    expect(await check.run(management(), {anchor: file}, call())).to.deep.equal({errors: 2, notes: 2});
    expect(lines).to.deep.equal([
      `error keystore ${keystore.id}: It is not what the server wrote.`,
      `note keys ${gone.id}: They are gone, and so is their keystore.`,
      `error keystore ${keystore.id}: It is not what it was when the anchor was written, though the server has not changed it.`,
      `note keystore ${gone.id}: It was deleted since the anchor was written, or removed.`,
    ]);
    expect((await expectRejection(anchor.run(management(), undefined, call()), AdminError)).message).to.equal(
      `The stored keystore ${keystore.id} is not what the server wrote. No anchor is made of such a database: see webkms admin check.`,
    );
  });

  it('take no other parameters, and only an anchor that can be read', async () => {
    expect(check.parse({})).to.deep.equal({});
    expect(() => anchor.parse({})).not.to.throw();
    for (const wrong of [null, [], {anchor: 1}, {anchor: 'relative'}, {anchor: ''}, {other: '/a'}]) {
      expect(() => check.parse(wrong), JSON.stringify(wrong)).to.throw(AdminError);
    }
    expect(() => anchor.parse({path: '/tmp/x'})).to.throw(AdminError);
    const missing = check.run(management(), {anchor: path('missing')}, call());
    expect((await expectRejection(missing, AdminError)).reason).to.equal('not-found');
    await expectRejection(check.run(management(), {anchor: path('')}, call()), AdminError);
    const file = await writtenAnchor();
    expect(await check.run(management(), {anchor: file}, call())).to.deep.equal({errors: 0, notes: 0});
    if (process.getuid?.() !== 0) {
      await chmod(file, 0o000);
      await expectRejection(check.run(management(), {anchor: file}, call()), AdminError);
    }
  });

  it('stop where the operator has gone', async () => {
    await database.addKeystore();
    const signal = AbortSignal.abort();
    expect(await expectRejection(check.run(management(), {}, call(signal)), Error)).to.equal(signal.reason);
    expect(await expectRejection(anchor.run(management(), undefined, call(signal)), Error)).to.equal(
      signal.reason,
    );
  });

  it('say of a file that is no anchor that it is none', async () => {
    for (const [content, says] of [
      ['', 'not an anchor'],
      ['{}\n', 'not an anchor'],
      ['{"type":"anchor"', 'does not end'],
      ['x'.repeat(300_000), 'not an anchor'],
    ] as const) {
      await writeFile(path('file'), content);
      lines.length = 0;
      const result = await check
        .run(management(), {anchor: path('file')}, call())
        .catch((error: unknown) => error);
      expect(result, says).to.deep.equal({errors: 1, notes: 0});
      expect(lines[0]).to.include(says);
    }
  });

  it('read lines across chunks, and refuse one that is too long', async () => {
    const long = ['a'.repeat(70_000), 'ü'.repeat(70_000), ''];
    await writeFile(path('lines'), long.map((line) => `${line}\n`).join(''));
    const read: string[] = [];
    for await (const line of readLines(path('lines'))) read.push(line);
    expect(read).to.deep.equal(long);
    await writeFile(path('lines'), 'a'.repeat(1_000_000));
    await expectRejection(readLines(path('lines')).next(), AnchorError);
  });

  it('write no control characters to a terminal', () => {
    const line = formatFinding({
      severity: 'error',
      kind: 'database',
      record: 'a\u001b[2J',
      message: 'b\nc\u202e',
    });
    expect(line).to.equal(String.raw`error database a\u{1b}[2J: b\u{a}c\u{202e}`);
  });
});
