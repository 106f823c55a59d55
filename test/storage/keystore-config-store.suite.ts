import {expect} from 'chai';
import fc from 'fast-check';
import {DuplicateError, KeystoreSequenceError, QuotaExceededError} from '../../lib/errors.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import type {Authenticated} from '../../lib/storage/record-authentication.ts';
import {testDeletion} from './keystore-deletion.ts';
import {testMaintenance} from './keystore-maintenance.ts';
import {testListing} from './keystore-listing.ts';
import {insertKeystoreScope} from './keystore-scope.ts';
import {ALICE, BOB, CAROL, insertKeystore, keystoreUrl, makeKeystore, next} from './records.ts';
import {
  describeStore,
  expectRefusal,
  fromBoth,
  plain,
  race,
  type StoreSuiteOptions,
  type StoreTest,
} from './store-suite.ts';

const WITHOUT_QUOTA = {creator: ALICE, maxPerCreator: 1000};

interface Replacement {
  readonly config: Authenticated<KeystoreConfig>;
  readonly replaced: KeystoreConfig;
}

const replaceOf =
  (controller: KeystoreConfig['controller']) =>
  (stored: Authenticated<KeystoreConfig>): Replacement => ({
    config: next(stored),
    replaced: {...stored, controller},
  });

/** What the implementations of KeystoreConfigStore promise. */
export function describeKeystoreConfigStore(options: StoreSuiteOptions): void {
  describeStore('KeystoreConfigStore', options, (test) => {
    describe('insert and find', () => testInsertion(test));
    describe('update', () => testUpdate(test));
    describe('list', () => testListing(test));
    describe('delete', () => testDeletion(test));
    describe('maintenance', () => testMaintenance(test));
  });
}

function testInsertion(test: StoreTest): void {
  const bytes = fc.uint8Array({minLength: 1, maxLength: 300});
  const text = fc.string({minLength: 1, unit: 'grapheme'});
  const arbitraryConfig: fc.Arbitrary<KeystoreConfig> = fc.record(
    {
      id: fc.string({unit: 'grapheme'}).map((suffix) => keystoreUrl() + suffix),
      sequence: fc.maxSafeNat(),
      controller: fc.oneof(text, fc.array(text, {minLength: 1, maxLength: 10})),
      kmsModule: text,
      meterId: text,
      ipAllowList: fc.array(text),
    },
    {requiredKeys: ['id', 'sequence', 'controller', 'kmsModule']},
  );

  test('gives back every config as it was, here and elsewhere', async ({stores, other}) => {
    await fc.assert(
      fc.asyncProperty(arbitraryConfig, bytes, async (members, mac) => {
        const {authentication} = makeKeystore(members);
        const config = {...members, authentication: {...authentication, mac}};
        await insertKeystoreScope(stores, config.id);
        await stores.keystores.insert(config, WITHOUT_QUOTA);
        expect(plain(await stores.keystores.find(config.id))).to.deep.equal(plain(config));
        expect(plain(await other.keystores.find(config.id))).to.deep.equal(plain(config));
      }),
      {numRuns: 50},
    );
  });

  test('finds nothing that is not there', async ({stores}) => {
    const {id} = await insertKeystore(stores);
    for (const absent of [keystoreUrl(), id.slice(0, -1), `${id}/`, id.toUpperCase(), '']) {
      expect(await stores.keystores.find(absent)).to.equal(undefined);
    }
  });

  test('refuses an id that exists, and leaves what is stored as it is', async ({stores, other}) => {
    const config = await insertKeystore(stores);
    const again = makeKeystore({id: config.id, controller: BOB});
    await expectRefusal(other.keystores.insert(again, WITHOUT_QUOTA), DuplicateError);
    expect(plain(await stores.keystores.find(config.id))).to.deep.equal(plain(config));
    expect((await stores.keystores.list({controller: BOB, limit: 10})).results).to.deep.equal([]);
  });

  test('lets one of several concurrent insertions of an id win', async (handles) => {
    const id = keystoreUrl();
    await insertKeystoreScope(handles.stores, id);
    const attempts = fromBoth(handles, 8, (stores, index) =>
      stores.keystores.insert(makeKeystore({id, kmsModule: `module-${index}`}), WITHOUT_QUOTA),
    );
    expect(await race(attempts, DuplicateError)).to.equal(1);
  });

  test('counts the quota by creator', async ({stores}) => {
    const insertBy = async (creator: string, controller: string): Promise<void> => {
      const config = makeKeystore({controller});
      await insertKeystoreScope(stores, config.id);
      await stores.keystores.insert(config, {creator, maxPerCreator: 2});
    };
    // What others create in her name does not count.
    for (let count = 0; count < 2; count++) await insertBy(BOB, ALICE);
    const mine = await insertKeystore(stores);
    await insertBy(ALICE, ALICE);
    const refused = makeKeystore();
    await insertKeystoreScope(stores, refused.id);
    await expectRefusal(
      stores.keystores.insert(refused, {creator: ALICE, maxPerCreator: 2}),
      QuotaExceededError,
    );
    expect(await stores.keystores.find(refused.id)).to.equal(undefined);
    await stores.keystores.delete(mine.id, {sequence: 0});
    await stores.keystores.insert(refused, {creator: ALICE, maxPerCreator: 2});
    expect(plain(await stores.keystores.find(refused.id))).to.deep.equal(plain(refused));
  });

  test('never exceeds the quota in a race', async (handles) => {
    const configs = Array.from({length: 12}, () => makeKeystore());
    for (const {id} of configs) await insertKeystoreScope(handles.stores, id);
    const attempts = fromBoth(handles, configs.length, (stores, index) =>
      stores.keystores.insert(configs[index]!, {creator: ALICE, maxPerCreator: 5}),
    );
    expect(await race(attempts, QuotaExceededError)).to.equal(5);
    expect((await handles.stores.keystores.list({controller: ALICE, limit: 100})).results).to.have.lengthOf(
      5,
    );
  });
}

function testUpdate(test: StoreTest): void {
  test('replaces the config, here and elsewhere', async ({stores, other}) => {
    const first = await insertKeystore(stores, {ipAllowList: ['192.0.2.0/24'], meterId: 'urn:uuid:1'});
    const second = next(first, {controller: [BOB, ALICE], ipAllowList: ['2001:db8::/32']});
    await stores.keystores.update(second, {replaced: first, updater: ALICE});
    expect(plain(await other.keystores.find(first.id))).to.deep.equal(plain(second));
    const third = makeKeystore({id: first.id, sequence: 2, controller: BOB, meterId: 'urn:uuid:1'});
    await other.keystores.update(third, {replaced: second, updater: BOB});
    expect(plain(await stores.keystores.find(first.id))).to.deep.equal(plain(third));
  });

  interface Stale {
    readonly flaw: string;
    /** Of what is stored; ALICE where it is left out. */
    readonly controller?: KeystoreConfig['controller'];
    readonly replace: (
      stored: Authenticated<KeystoreConfig>,
      neighbour: Authenticated<KeystoreConfig>,
    ) => Replacement;
  }
  const stale: readonly Stale[] = [
    {
      flaw: 'by a sequence that skips one',
      replace: (stored) => ({config: next(next(stored)), replaced: stored}),
    },
    {flaw: 'by a sequence that stays', replace: (stored) => ({config: stored, replaced: stored})},
    {flaw: 'in an older state', replace: (stored) => ({config: stored, replaced: {...stored, sequence: 0}})},
    {flaw: 'in a newer state', replace: (stored) => ({config: next(next(stored)), replaced: next(stored)})},
    {flaw: 'of another controller', replace: replaceOf(BOB)},
    {flaw: 'of its only controller in a list', replace: replaceOf([ALICE])},
    {flaw: 'of one controller more', replace: replaceOf([ALICE, BOB])},
    {flaw: 'of other controllers', controller: [ALICE, BOB], replace: replaceOf([ALICE, CAROL])},
    {flaw: 'of the first of its controllers', controller: [ALICE, BOB], replace: replaceOf(ALICE)},
    {flaw: 'by another', replace: (stored, neighbour) => ({config: next(neighbour), replaced: stored})},
    {
      flaw: 'that is not there',
      replace: (stored) => {
        const replaced = {...stored, id: keystoreUrl()};
        return {config: next(replaced), replaced};
      },
    },
  ];
  for (const {flaw, controller = ALICE, replace} of stale) {
    test(`R48 refuses an update of a keystore ${flaw}`, async ({stores}) => {
      const [stored, neighbour] = [
        await insertKeystore(stores, {sequence: 1, controller}),
        await insertKeystore(stores, {sequence: 1, controller}),
      ];
      const {config, replaced} = replace(stored, neighbour);
      await expectRefusal(stores.keystores.update(config, {replaced, updater: ALICE}), KeystoreSequenceError);
      for (const config of [stored, neighbour]) {
        expect(plain(await stores.keystores.find(config.id))).to.deep.equal(plain(config));
      }
      const replacement = next(stored);
      await stores.keystores.update(replacement, {replaced: stored, updater: ALICE});
      expect(plain(await stores.keystores.find(stored.id))).to.deep.equal(plain(replacement));
    });
  }

  test('R48 lets one of several concurrent updates of one state win', async (handles) => {
    const stored = await insertKeystore(handles.stores);
    const attempts = fromBoth(handles, 8, (stores, index) =>
      stores.keystores.update(next(stored, {kmsModule: `module-${index}`}), {
        replaced: stored,
        updater: ALICE,
      }),
    );
    expect(await race(attempts, KeystoreSequenceError)).to.equal(1);
    expect(await handles.other.keystores.find(stored.id)).to.have.property('sequence', 1);
  });
}
