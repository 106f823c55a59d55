import {expect} from 'chai';
import type {Document, UpdateFilter} from 'mongodb';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {ALICE, BOB, insertKey, insertKeystore, makeRevocation, tombstone} from '../records.ts';
import {type MongodbHandles, openHandles, type StoredDocument} from './open-handles.ts';

interface Flaw {
  readonly title: string;
  readonly collection: 'keystore' | 'key' | 'revocation' | 'hierarchy';
  readonly change: UpdateFilter<StoredDocument>;
  readonly says: RegExp;
}

const set = (members: Document): UpdateFilter<StoredDocument> => ({$set: members});

const FLAWS: readonly Flaw[] = [
  {
    title: 'a keystore that is not listed for its controller',
    collection: 'keystore',
    change: set({listedFor: [`0${BOB}`]}),
    says: /not listed for just its controllers, did:key:z6MkAlice/,
  },
  {
    title: 'a keystore that its creator has not acknowledged',
    collection: 'keystore',
    change: set({acknowledgedBy: []}),
    says: /for its creator as if only others/,
  },
  {
    title: 'a config that names no key of its scope',
    collection: 'keystore',
    change: set({'config.macKeyVersionId': 'kdkv_other'}),
    says: /authenticated with a key that is not its own/,
  },
  {
    title: 'a config that cannot be read',
    collection: 'keystore',
    change: set({'config.sequence': 'one'}),
    says: /is not as it was written/,
  },
  {
    title: 'keys that are not found by their ids',
    collection: 'keystore',
    change: set({keyIds: []}),
    says: /not found by just the ids/,
  },
  {
    title: 'root keys that no root wrapper opens',
    collection: 'hierarchy',
    change: set({rootWrappers: []}),
    says: /root wrapper rw_of_keystores, which is not there/,
  },
  {
    title: 'a key of a keystore that is not there',
    collection: 'key',
    change: set({incarnation: 'other'}),
    says: /of a keystore that is not there/,
  },
  {
    title: 'a key that is sealed under nothing of its keystore',
    collection: 'key',
    change: set({'versions.0.dataKeyVersionId': 'kdkv_other'}),
    says: /sealed or authenticated with a key that is not/,
  },
  {
    title: 'a key that is not found by what it is sealed under',
    collection: 'key',
    change: set({dataKeyVersionIds: []}),
    says: /not found by just the keys/,
  },
  {
    title: 'a key that is found by another name',
    collection: 'key',
    change: set({uniqueName: 'n:x'}),
    says: /another name/,
  },
  {title: 'a key that is not counted', collection: 'key', change: set({kept: false}), says: /what it is not/},
  {
    title: 'a key without a version',
    collection: 'key',
    change: set({versions: []}),
    says: /at least one version/,
  },
  {
    title: 'a deleted key that has material',
    collection: 'key',
    change: set({state: 'deleted', deletion: {requestedAt: 1, destroyAt: 2, restoresTo: 'enabled'}}),
    says: /Of a deleted key/,
  },
  {
    title: 'a revocation of a keystore that is not there',
    collection: 'revocation',
    change: set({incarnation: 'other'}),
    says: /of a keystore that is not there/,
  },
  {
    title: 'a revocation that says something else than what it is found by',
    collection: 'revocation',
    change: set({delegator: BOB}),
    says: /not found by what it revokes/,
  },
];

describe('verifying and tidying a store in MongoDB', () => {
  const server = useMongoJavaServer();
  let handles: MongodbHandles;
  let stopAt: string | undefined;

  beforeEach(async () => {
    stopAt = undefined;
    handles = await openHandles(server, {
      onStep: (step) => {
        if (step === stopAt) throw new Error(`stopped at ${step}`);
      },
    });
  });
  afterEach(() => handles.close());

  async function fill(): Promise<string> {
    const {id} = await insertKeystore(handles.stores, {controller: ALICE});
    await insertKey(handles.stores, id);
    await handles.stores.revocations.insert(makeRevocation(id), {});
    return id;
  }

  it('finds nothing where all is well, also of deleted keys', async () => {
    const id = await fill();
    const key = await insertKey(handles.stores, id, {tags: {name: 'gone'}});
    await handles.stores.keys.update(tombstone(key));
    expect(await handles.stores.verify()).to.deep.equal([]);
  });

  for (const {title, collection, change, says} of FLAWS) {
    it(`finds ${title}`, async () => {
      await fill();
      const {matchedCount} = await handles.collection(collection).updateOne({}, change);
      expect(matchedCount).to.equal(1);
      const sentences = await handles.stores.verify();
      expect(sentences.filter((sentence) => says.test(sentence))).to.not.deep.equal([], sentences.join(' '));
    });
  }

  it('finds an index that is missing', async () => {
    await handles.collection('key').dropIndex('uniqueName');
    expect(await handles.stores.verify()).to.deep.equal([
      'The index uniqueName of key is missing, or not as it was made.',
    ]);
  });

  for (const step of [
    'finish deletion: delete key',
    'finish deletion: delete revocation',
    'finish deletion: delete',
  ]) {
    it(`finishes the deletion of a keystore whose server stopped at “${step}”`, async () => {
      const {stores, other, collection, documentsOf} = handles;
      const {id} = await insertKeystore(stores);
      const key = await insertKey(stores, id);
      await stores.keys.update(tombstone(key));
      await stores.revocations.insert(makeRevocation(id), {});
      const kept = await fill();
      stopAt = step;
      await stores.keystores.delete(id, {sequence: 0}).catch((error: unknown) => {
        expect(String(error)).to.include('An internal error');
      });
      expect(await other.keystores.find(id)).to.equal(undefined);
      expect(await other.verify()).to.deep.equal([]);
      expect(await collection('keystore').countDocuments({_id: id})).to.equal(1);
      stopAt = undefined;
      await other.tidy();
      for (const name of ['key', 'revocation']) {
        expect((await documentsOf(name)).map(({keystoreId}) => keystoreId as unknown)).to.deep.equal([kept]);
      }
      expect((await documentsOf('keystore')).map(({_id}) => _id as unknown)).to.deep.equal([kept]);
    });
  }

  it('forgets placeholders of yesterday, and none of today', async () => {
    const placeholder = (_id: string, ageMs: number) => ({
      ...{_id, keystoreId: 's', uniqueName: `k:${_id}`, revision: _id, placeholder: true},
      placeholderAt: new Date(Date.now() - ageMs),
    });
    await handles.collection('key').insertMany([placeholder('old', 90_000_000), placeholder('new', 1000)]);
    await handles.stores.tidy();
    expect((await handles.documentsOf('key')).map(({_id}) => _id as unknown)).to.deep.equal(['new']);
  });
});
