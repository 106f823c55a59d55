import {randomBytes} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import fc from 'fast-check';
import {BackupError, type BackupReason} from '../../lib/backup/backup-error.ts';
import {describeBackup} from '../../lib/backup/describe-backup.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useBackups, type Store} from './backup-fixture.ts';

const PIECE = 512 * 1024;
/** Format, length and bytes of the key id, nonce and tag. */
const CHUNK = PIECE + 2 + 26 + 12 + 16;

class OpenedError extends Error {
  override readonly name = 'OpenedError';
}

describe('a backup that was changed', () => {
  const fixture = useBackups();
  const file = (): string => fixture.path('changed');
  let content: Buffer;
  let bytes: Buffer;
  let start: number;
  let store: Store;

  /** A backup of something else than a database, whose size is known. */
  async function makeBackup(what: Uint8Array): Promise<Buffer> {
    const {keyHierarchy} = store.stores;
    const copyTo = (path: string): Promise<void> => writeFile(path, what);
    const path = fixture.path(randomBytes(8).toString('hex'));
    await store.backUp(path, {stores: {keyHierarchy, copyTo, verify: async () => []}});
    return readFile(path);
  }

  beforeEach(async () => {
    store = await fixture.populated();
    content = randomBytes(2 * PIECE + 1000);
    bytes = await makeBackup(content);
    start = bytes.length - (2 * CHUNK + CHUNK - PIECE + 1000);
  });

  /** Restores the bytes, but for looking into the database that comes out. */
  async function restore(changed: Uint8Array): Promise<Uint8Array> {
    await writeFile(file(), changed);
    let database: Uint8Array | undefined;
    const openStores = async (path: string): Promise<never> => {
      database = await readFile(path);
      throw new OpenedError();
    };
    const names = await fixture.names();
    try {
      await fixture.restore(file(), {openStores});
    } catch (error) {
      if (!(error instanceof OpenedError)) throw error;
    }
    expect(await fixture.names()).to.deep.equal(names);
    if (!database) throw new Error('Nothing was restored.');
    return database;
  }

  async function refusal(changed: Uint8Array): Promise<BackupReason> {
    const names = [...(await fixture.names()), 'changed'];
    const {reason} = await expectRejection(restore(changed), BackupError);
    expect(await fixture.names()).to.deep.equal([...new Set(names)].sort());
    return reason;
  }

  const flipped = (position: number, bit = 0): Buffer => {
    const changed = Buffer.from(bytes);
    changed[position] = (changed[position] ?? 0) ^ (1 << bit);
    return changed;
  };
  const chunk = (from: Buffer, index: number): Buffer =>
    from.subarray(start + index * CHUNK, start + (index + 1) * CHUNK);

  it('is what it was, where it was not changed', async () => {
    expect(content.equals(await restore(bytes))).to.equal(true);
    for (const length of [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE]) {
      const what = randomBytes(length);
      expect(what.equals(await restore(await makeBackup(what))), `${length} bytes`).to.equal(true);
    }
  });

  it('is refused whichever byte before the chunks is another', async function () {
    this.timeout(60_000);
    for (let position = 0; position < start; position++) {
      expect(await refusal(flipped(position, position % 8)), `byte ${position}`).to.be.oneOf([
        'not-a-backup',
        'newer',
        'damaged',
        'no-root',
      ]);
    }
  });

  it('is refused whichever byte of a chunk is another', async function () {
    this.timeout(60_000);
    const edges = [0, 1, 2, 27, 28, 39, 40, CHUNK - 17, CHUNK - 16, CHUNK - 1];
    for (const index of [0, 1, 2]) {
      for (const edge of edges
        .map((offset) => start + index * CHUNK + offset)
        .filter((at) => at < bytes.length))
        expect(await refusal(flipped(edge))).to.equal('damaged');
    }
    const anywhere = fc.integer({min: start, max: bytes.length - 1});
    await fc.assert(
      fc.asyncProperty(anywhere, fc.integer({min: 0, max: 7}), async (position, bit) => {
        expect(await refusal(flipped(position, bit))).to.equal('damaged');
      }),
      {numRuns: 100},
    );
  });

  it('is refused where it was cut short, within a chunk or between two', async () => {
    const lengths = [1, 2].map((count) => start + count * CHUNK);
    for (const length of [...lengths.flatMap((end) => [end - 1, end, end + 1]), start, bytes.length - 1])
      expect(await refusal(bytes.subarray(0, length)), `${length} bytes`).to.equal('damaged');
    for (const length of [start - 1, 30, 20])
      expect(await refusal(bytes.subarray(0, length))).to.equal('damaged');
    for (const length of [0, 1, 15])
      expect(await refusal(bytes.subarray(0, length))).to.equal('not-a-backup');
  });

  it('is refused where anything was appended', async () => {
    const last = bytes.subarray(start + 2 * CHUNK);
    for (const more of [Buffer.alloc(1), Buffer.alloc(CHUNK), last, chunk(bytes, 0)])
      expect(await refusal(Buffer.concat([bytes, more]))).to.equal('damaged');
  });

  it('is refused where chunks were swapped, repeated or left out', async () => {
    const [head, last] = [bytes.subarray(0, start), bytes.subarray(start + 2 * CHUNK)];
    const [first, second] = [chunk(bytes, 0), chunk(bytes, 1)];
    const orders = [[second, first, last], [first, first, last], [first, last], [second, last], [last]];
    for (const order of orders) expect(await refusal(Buffer.concat([head, ...order]))).to.equal('damaged');
    expect(content.equals(await restore(Buffer.concat([head, first, second, last])))).to.equal(true);
  });

  it('is refused where a chunk, or everything before the chunks, is of another backup', async () => {
    const other = await makeBackup(content);
    expect(other.length).to.equal(bytes.length);
    const mixed = Buffer.concat([bytes.subarray(0, start), chunk(other, 0), bytes.subarray(start + CHUNK)]);
    expect(await refusal(mixed)).to.equal('damaged');
    const header = Buffer.concat([other.subarray(0, start), bytes.subarray(start)]);
    expect(await refusal(header)).to.equal('damaged');
  });

  it('is refused where its key was sealed for another backup, or another root', async () => {
    const other = await makeBackup(content);
    const keyOf = (backup: Buffer): string =>
      /"sealedKey":"([^"]+)"/.exec(backup.toString('latin1'))?.[1] ?? '';
    const text = bytes.toString('latin1');
    const replaced = Buffer.from(text.replace(keyOf(bytes), keyOf(other)), 'latin1');
    expect(replaced.equals(bytes)).to.equal(false);
    expect(await refusal(replaced)).to.equal('damaged');
    const [root] = await store.stores.keyHierarchy.listRootWrappers();
    const renamed = text.replace(root?.id ?? '-', `rw_${'A'.repeat(22)}`);
    expect(await refusal(Buffer.from(renamed, 'latin1'))).to.equal('damaged');
  });

  it('says what else a file is', async () => {
    const newer = Buffer.concat([Buffer.from('webkms backup 2\n'), bytes.subarray(16)]);
    expect(await refusal(newer)).to.equal('newer');
    expect((await expectRejection(describeBackup(file()), BackupError)).message).to.match(
      /format 2.* up to 1/,
    );
    expect(await refusal(Buffer.from('SQLite format 3\0'.padEnd(4096)))).to.equal('not-a-backup');
    const header = Buffer.from(bytes);
    header.writeUInt32BE(0xffffffff, 16);
    expect(await refusal(header)).to.equal('damaged');
    expect((await expectRejection(describeBackup(fixture.path('none')), BackupError)).reason).to.equal(
      'unreadable',
    );
    expect((await expectRejection(describeBackup(fixture.path('.')), BackupError)).message).to.match(
      /no regular file/,
    );
  });

  it('is refused where its header does not describe a backup', async () => {
    const length = bytes.readUInt32BE(16);
    const header = JSON.parse(bytes.toString('utf8', 20, 20 + length)) as Record<string, unknown>;
    const [root] = header['roots'] as [Record<string, unknown>];
    const withHeader = (changed: unknown): Buffer => {
      const json = Buffer.from(JSON.stringify(changed));
      const size = Buffer.alloc(4);
      size.writeUInt32BE(json.length);
      return Buffer.concat([bytes.subarray(0, 16), size, json, bytes.subarray(start)]);
    };
    const wrong: unknown[] = [[], null, 'x', {}, {...header, roots: []}, {...header, roots: [root, root]}];
    wrong.push({...header, roots: {}}, {...header, id: 'bkp_'}, {...header, createdAt: -1});
    wrong.push({...header, application: ''}, {...header, roots: Array.from({length: 65}, () => root)});
    const roots = [
      {uri: 'a\u001b[2J'},
      {uri: 7},
      {id: 'krk_1'},
      {wrapperKeyId: ''},
      {sealedKey: '*'},
      {sealedKey: ''},
    ];
    for (const change of [...roots, {parameters: ''}, {createdAt: 1.5}])
      wrong.push({...header, roots: [{...root, ...change}]});
    for (const changed of wrong)
      expect(await refusal(withHeader(changed)), JSON.stringify(changed).slice(0, 80)).to.equal('damaged');
    expect(content.equals(await restore(withHeader(header)))).to.equal(true);
  });
});
