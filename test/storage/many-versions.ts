import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import type {KeyRecord, KeyVersionRecord} from '../../lib/storage/key-record.ts';
import type {Authenticated} from '../../lib/storage/record-authentication.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import {materialKeyVersion} from './keystore-scope.ts';
import {changed, insertKey, insertKeystore, NOW, resealed} from './records.ts';
import {plain, type StoreTest} from './store-suite.ts';

const versionsOf = (keystoreId: string, count: number): KeyVersionRecord[] =>
  Array.from({length: count}, (_, index) => ({
    version: index + 1,
    createdAt: NOW + index,
    state: 'enabled' as const,
    publicKey: randomBytes(8),
    material: randomBytes(40),
    dataKeyVersionId: materialKeyVersion(keystoreId),
  }));

/** The key as its next change leaves it: what is written, of a key that is the same from its first to its last version. */
const marked = (key: Authenticated<KeyRecord>, mark: string): Authenticated<KeyRecord> =>
  changed(key, {
    description: mark,
    versions: key.versions.map((version) => ({...version, certificates: [Buffer.from(mark)]})),
  });

const marksOf = ({description, versions}: KeyRecord): readonly (string | undefined)[] => [
  ...new Set([
    description,
    ...versions.map(({certificates}) => certificates?.map((der) => Buffer.from(der).toString()).join()),
  ]),
];

/** Part of the contract of KeyRecordStore and StateStore: a key may have a thousand versions. */
export function testManyVersions(test: StoreTest): void {
  test('gives a key of however many versions whole, wherever it is found', async ({stores, other}) => {
    const {id: keystoreId} = await insertKeystore(stores);
    const keys: Authenticated<KeyRecord>[] = [];
    for (const count of [1, 127, 128, 129, 2, 255, 256, 257, 1000]) {
      const members = {tags: {name: `of ${count}`}, versions: versionsOf(keystoreId, count)};
      keys.push(await insertKey(stores, keystoreId, members));
    }
    for (const key of keys) {
      const name = key.tags?.['name'] ?? '';
      const {localKeyId} = key;
      expect(plain(await other.keys.find(key)), name).to.deep.equal(plain(key));
      expect(plain(await stores.keys.findByName({keystoreId, name})), name).to.deep.equal(plain(key));
      for (let time = 0; time < 2; time++)
        expect(plain((await other.state.read({keystoreId, localKeyId})).key), name).to.deep.equal(plain(key));
    }
    for (const limit of [1, 3, 1000]) {
      const listed: KeyRecord[] = [];
      let cursor: string | undefined;
      do {
        const page = await stores.keys.list({keystoreId, limit, cursor});
        expect(page.results).to.have.lengthOf.within(1, limit);
        listed.push(...page.results);
        ({cursor} = page);
      } while (cursor !== undefined);
      expect(plain(listed)).to.deep.equal(plain(keys));
    }
    const dataKeyVersionIds = [materialKeyVersion(keystoreId)];
    const byId = (records: readonly KeyRecord[]) =>
      records.toSorted((a, b) => (a.localKeyId < b.localKeyId ? -1 : 1));
    // Keys, not versions.
    for (const limit of [2, 4, keys.length, 100]) {
      const sealed = await stores.keys.listSealedUnder({keystoreId, dataKeyVersionIds, limit});
      const found = keys.filter((key) => sealed.some(({localKeyId}) => localKeyId === key.localKeyId));
      expect(found).to.have.lengthOf(Math.min(limit, keys.length));
      expect(plain(byId(sealed))).to.deep.equal(plain(byId(found)));
    }
  });

  test('gives such a key as it was at one moment, whoever changes it meanwhile', async ({stores, other}) => {
    const {id: keystoreId} = await insertKeystore(stores);
    let key = await insertKey(stores, keystoreId, {versions: versionsOf(keystoreId, 400)});
    const neighbour = await insertKey(stores, keystoreId);
    const {localKeyId} = key;
    let isOver = false;
    const change = async (): Promise<void> => {
      for (let mark = 0; mark < 12; mark++) {
        key = marked(key, `mark ${mark}`);
        await (mark % 2 === 0 ? stores : other).keys.update(key);
        await new Promise((resolve) => setTimeout(resolve, mark % 4));
      }
      isOver = true;
    };
    const seen: (readonly (string | undefined)[])[] = [];
    const look = async (find: () => Promise<KeyRecord | undefined>): Promise<void> => {
      while (!isOver) {
        const found = await find();
        expect(found?.versions).to.have.lengthOf(400);
        seen.push(marksOf(found!));
        // Of a database in memory nothing is waited for.
        await new Promise(setImmediate);
      }
    };
    await Promise.all([
      change(),
      look(() => other.keys.find(key)),
      look(async () => (await other.state.read({keystoreId, localKeyId})).key),
      look(async () => (await stores.keys.list({keystoreId, limit: 2})).results[0]),
    ]);
    expect(seen.filter((marks) => marks.length !== 1)).to.deep.equal([]);
    expect(new Set(seen.flat()).size).to.be.greaterThan(1);
    expect(plain(await stores.keys.find(key))).to.deep.equal(plain(key));
    expect(plain(await stores.keys.find(neighbour))).to.deep.equal(plain(neighbour));
  });

  test('writes of such a key the versions that are said to have changed, and new ones', async ({
    stores,
    other,
  }) => {
    const {id: keystoreId} = await insertKeystore(stores);
    const key = await insertKey(stores, keystoreId, {versions: versionsOf(keystoreId, 300)});
    const disabled = changed(key, {
      versions: key.versions.map((version) =>
        version.version === 200 ? {...version, state: 'disabled'} : version,
      ),
    });
    await stores.keys.update(disabled, {changedVersions: [200]});
    const added = {...versionsOf(keystoreId, 1)[0]!, version: 301};
    const rotated = changed(disabled, {versions: [...disabled.versions, added]});
    await stores.keys.update(rotated, {changedVersions: [301]});
    expect(plain(await other.keys.find(key))).to.deep.equal(plain(rotated));
    const described = changed(rotated, {description: 'nothing of its versions'});
    await stores.keys.update(described, {changedVersions: []});
    expect(plain(await other.keys.find(key))).to.deep.equal(plain(described));

    const half = resealed(described);
    const isResealed = ({version}: {readonly version: number}): boolean => version > 150;
    const record = {
      ...half,
      versions: half.versions.map((version, index) =>
        isResealed(version) ? version : described.versions[index]!,
      ),
    };
    const changedVersions = record.versions.filter(isResealed).map(({version}) => version);
    const replacements = [{record, replacedSequence: described.sequence, changedVersions}];
    expect(await stores.keys.replace(replacements)).to.deep.equal([true]);
    expect(plain(await other.keys.find(key))).to.deep.equal(plain(record));
    expect(await countUnder(stores, keystoreId, 1)).to.equal(1);
  });
}

function countUnder({keys}: Stores, keystoreId: string, version: number): Promise<number> {
  return keys.countSealedUnder({
    keystoreId,
    dataKeyVersionIds: [materialKeyVersion(keystoreId, version)],
  });
}
