import {expect} from 'chai';
import {countAll, walk} from '../../../lib/storage/mongodb/walk.ts';
import type {MongodbConnection} from '../../../lib/storage/mongodb/mongodb-connection.ts';
import {ModelDatabase} from './model-database.ts';

interface Stored {
  readonly _id: string;
  readonly position?: number;
  readonly text?: string;
}

const PLACED = {position: {$gt: 0}};
const idOf = (index: number): string => `key ${String(index).padStart(6, '0')}`;

describe('walking through a collection of MongoDB', () => {
  /** A connection that tells of each command how many documents it read. */
  function connectTo(documents: readonly Stored[]): {connection: MongodbConnection; pages: number[]} {
    const database = new ModelDatabase(
      new Map([['key', new Map(documents.map((each) => [each._id, {...each}]))]]),
    );
    const connection = database.connect();
    const pages: number[] = [];
    const watched: Pick<MongodbConnection, 'find' | 'forEach'> = {
      find: async (...parameters) => {
        const found = await connection.find(...parameters);
        pages.push(found.length);
        return found;
      },
      forEach: (name, conditions, selection, take) => {
        const page = pages.push(0) - 1;
        return connection.forEach(name, conditions, selection, (document) => {
          pages[page]!++;
          return take(document);
        });
      },
    };
    return {connection: watched as MongodbConnection, pages};
  }

  const idsOf = async (connection: MongodbConnection): Promise<unknown[]> => {
    const ids: unknown[] = [];
    for await (const {_id} of walk(connection, 'key', PLACED)) ids.push(_id);
    return ids;
  };

  it('gives each document once and in order, page by page, and counts them', async () => {
    const documents = Array.from({length: 2500}, (_, index) => ({_id: idOf(index), position: 1}));
    const {connection, pages} = connectTo([...documents, {_id: idOf(7.5)}].toReversed());
    expect(await idsOf(connection)).to.deep.equal(documents.map(({_id}) => _id));
    expect(pages).to.deep.equal([1000, 1000, 500, 0]);
    expect(await countAll(connection, 'key', PLACED)).to.equal(2500);
    expect(await countAll(connection, 'key', {})).to.equal(2501);
  });

  it('holds few documents where they are large', async () => {
    const text = '.'.repeat(1024 * 1024);
    const documents = Array.from({length: 10}, (_, index) => ({_id: idOf(index), position: 1, text}));
    const {connection, pages} = connectTo(documents);
    expect(await idsOf(connection)).to.have.lengthOf(10);
    expect(pages).to.deep.equal([4, 4, 2, 0]);
  });

  it('counts more than it reads at a time', async () => {
    const documents = Array.from({length: 10_001}, (_, index) => ({_id: idOf(index), position: 1}));
    const {connection, pages} = connectTo(documents);
    expect(await countAll(connection, 'key', PLACED)).to.equal(10_001);
    expect(pages).to.deep.equal([10_000, 1, 0]);
  });

  it('has nothing to give where there is nothing', async () => {
    const {connection, pages} = connectTo([{_id: idOf(1)}]);
    expect(await idsOf(connection)).to.deep.equal([]);
    expect(await countAll(connection, 'key', PLACED)).to.equal(0);
    expect(pages).to.deep.equal([0, 0]);
  });
});
