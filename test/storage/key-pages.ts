import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import type {KeyVersionRecord} from '../../lib/storage/key-record.ts';
import {materialKeyVersion} from './keystore-scope.ts';
import {insertKey, insertKeystore, NOW} from './records.ts';
import {plain, type StoreTest} from './store-suite.ts';

const MAX_VERSIONS = 1000;

const versionsOf = (keystoreId: string, materialBytes: number): KeyVersionRecord[] =>
  Array.from({length: MAX_VERSIONS}, (_, index) => ({
    version: index + 1,
    createdAt: NOW,
    state: 'enabled' as const,
    publicKey: randomBytes(32),
    material: randomBytes(materialBytes),
    dataKeyVersionId: materialKeyVersion(keystoreId),
  }));

/** Part of the contract of KeyRecordStore: what a client makes large costs others no memory. */
export function testKeyPages(test: StoreTest): void {
  test('ends a page early where keys are large, and leaves none out', async ({stores}) => {
    const {id: keystoreId} = await insertKeystore(stores);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const record = await insertKey(stores, keystoreId, {versions: versionsOf(keystoreId, 700)});
      ids.push(record.localKeyId);
    }
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.keys.list({keystoreId, limit: 1000, cursor});
      expect(page.results).to.not.be.empty;
      for (const {versions} of page.results) expect(versions).to.have.lengthOf(MAX_VERSIONS);
      pages.push(page.results.map(({localKeyId}) => localKeyId));
      ({cursor} = page);
    } while (cursor !== undefined);
    expect(pages.flat()).to.deep.equal(ids);
    expect(pages.map(({length}) => length)).to.deep.equal([2, 2, 1]);
  });

  test('gives a page of small keys whole', async ({stores}) => {
    const {id: keystoreId} = await insertKeystore(stores);
    for (let i = 0; i < 300; i++) await insertKey(stores, keystoreId);
    const {results, ...rest} = await stores.keys.list({keystoreId, limit: 300});
    expect(results).to.have.lengthOf(300);
    expect(rest).to.deep.equal({});
  });

  test('reads what is said of a key once, however many versions it has', async ({stores}) => {
    const {id: keystoreId} = await insertKeystore(stores);
    const tags = Object.fromEntries(Array.from({length: 50}, (_, i) => [`tag-${i}`, '😀'.repeat(256)]));
    const members = {tags: {...tags, name: 'many'}, description: 'one', publicAlias: 'did:example:1#key'};
    const versions = versionsOf(keystoreId, 100);
    const record = await insertKey(stores, keystoreId, {...members, policy: {maxVersions: 9}, versions});
    // A thousand times over it would be 60 MB.
    const before = process.memoryUsage().heapUsed;
    const found = await stores.keys.find(record);
    expect(process.memoryUsage().heapUsed - before).to.be.lessThan(30_000_000);
    expect(plain(found)).to.deep.equal(plain(record));
    expect(plain(await stores.keys.findByName({keystoreId, name: 'many'}))).to.deep.equal(plain(record));
    const {results} = await stores.keys.list({keystoreId, limit: 10});
    expect(plain(results)).to.deep.equal(plain([record]));
  });
}
