import {expect} from 'chai';
import type {Document} from 'mongodb';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {insertKey, insertKeystore, makeRevocation} from '../records.ts';
import {TRANSFER_KINDS} from '../../../lib/storage/store-transfer.ts';
import {contentOf, fillStore, transferOf} from '../transfer-records.ts';
import {describeScan, ScanWatch} from './index-use.ts';
import {openHandles} from './open-handles.ts';

const find = (collection: string, filter: Document, sort: Document = {}): Document => ({
  find: collection,
  filter,
  sort: new Map(Object.entries(sort)),
});
const count = (collection: string, filter: Document): Document => ({
  aggregate: collection,
  pipeline: [{$match: filter}, {$group: {_id: 1, n: {$sum: 1}}}],
});

/** What an index answers, beside what none does. */
const PAIRS: Readonly<Record<string, readonly [served: Document, scan: Document]>> = {
  'by id': [find('key', {_id: 'a', keystoreId: 'k'}), find('key', {localKeyId: 'a', state: 'enabled'})],
  'a page in the order of an index': [
    find('key', {keystoreId: 'k', position: {$gt: 7}}, {position: 1}),
    find('key', {keystoreId: 'k', position: {$gt: 7}}, {createdAt: 1}),
  ],
  'a page after what is the same in all of it': [
    find('key', {keystoreId: 'k', kept: true, position: {$gt: 7}}, {position: 1}),
    find('key', {keystoreId: {$in: ['k', 'l']}, kept: true, position: {$gt: 7}}, {position: 1}),
  ],
  'a page of all': [
    find('key', {position: {$gt: 0}, _id: {$gt: 'a'}}, {_id: 1}),
    find('key', {position: {$gt: 0}, _id: {$gt: 'a'}}, {position: 1}),
  ],
  'the first page of all': [find('key', {position: {$gt: 0}}, {_id: 1}), find('key', {position: {$gt: 0}})],
  'nearly all and some': [
    find('key', {position: {$gt: 0}}, {_id: 1}),
    find('key', {position: {$gt: 0}, state: 'deleted'}, {_id: 1}),
  ],
  'one order': [
    find('key', {dueAt: {$lte: 9}}, {dueAt: -1, order: -1, _id: -1}),
    find('key', {dueAt: {$lte: 9}}, {dueAt: 1, order: -1, _id: 1}),
  ],
  'the newest of all': [
    find('maintenance_job', {}, {position: -1}),
    find('maintenance_job', {}, {finishedAt: -1}),
  ],
  'one of several': [
    find('maintenance_job', {$or: [{_id: 'j'}, {slot: 'unfinished'}]}),
    find('maintenance_job', {$or: [{_id: 'j'}, {holder: 'h'}]}),
  ],
  'several ways under one': [
    find('key', {_id: 'a', $or: [{uses: {$exists: false}}, {state: 'deleted'}]}),
    find('key', {$or: [{uses: {$exists: false}}, {state: 'deleted'}]}),
  ],
  'other than': [
    count('keystore', {creator: 'c', _id: {$nin: ['a']}}),
    count('keystore', {_id: {$nin: ['a']}}),
  ],
  counts: [count('keystore', {position: {$gt: 3}}), count('key', {position: {$gt: 3}})],
  'counts of all': [count('maintenance_job', {position: {$gt: 1}}), count('replay', {})],
  updates: [
    {update: 'key', updates: [{q: {_id: 'a'}, u: {}}]},
    {
      update: 'key',
      updates: [
        {q: {_id: 'a'}, u: {}},
        {q: {mac: 'm'}, u: {}},
      ],
    },
  ],
  deletions: [
    {delete: 'revocation', deletes: [{q: {keystoreId: 'k', incarnation: 'i'}}]},
    {delete: 'revocation', deletes: [{q: {incarnation: 'i'}}]},
  ],
  'changes that are read': [
    {findAndModify: 'keystore', query: {_id: 'k'}},
    {findAndModify: 'keystore', query: {revision: 'r'}},
  ],
};

describe('what indexes answer in MongoDB', () => {
  for (const [title, [served, scan]] of Object.entries(PAIRS)) {
    it(`is told from what none does: ${title}`, () => {
      expect(describeScan(served)).to.equal(undefined);
      expect(describeScan(scan)).to.be.a('string');
    });
  }

  describe('is all that is asked', () => {
    const server = useMongoJavaServer();

    it('by a check of the database, by lists, and by who moves it', async () => {
      const watch = new ScanWatch();
      const handles = await openHandles(server, watch);
      try {
        const {stores} = handles;
        await fillStore(stores);
        expect(await stores.verify()).to.deep.equal([]);
        await contentOf(stores, 2);
        for (const kind of TRANSFER_KINDS) await transferOf(stores).count(kind);
        const {id: keystoreId} = await insertKeystore(stores);
        await insertKey(stores, keystoreId);
        await stores.revocations.insert(makeRevocation(keystoreId), {});
        await stores.keys.list({keystoreId, limit: 1});
        await stores.keys.listIds({keystoreId, limit: 1});
        await stores.revocations.list({keystoreId, limit: 1});
        await stores.tidy();
        expect([...watch.scans]).to.deep.equal([]);
        expect(watch.seen).to.be.greaterThan(100);
      } finally {
        await handles.close();
      }
    });
  });
});
