import {expect} from 'chai';
import {rootAdd} from '../../lib/admin/operations/root-add.ts';
import type {KeyManagement} from '../../lib/key-management.ts';
import type {AddedRoot} from '../../lib/sealing/root-changes.ts';

describe('the operation root.add', () => {
  const run = async (added: AddedRoot, {goes}: {readonly goes: boolean}) => {
    const gone = new AbortController();
    const retired: string[] = [];
    const rootChanges = {
      add: async () => {
        if (goes) gone.abort(new Error('gone'));
        return added;
      },
      retire: async (id: string) => void retired.push(id),
    };
    const call = {report: () => undefined, write: async () => undefined, signal: gone.signal};
    const management = {rootChanges} as unknown as KeyManagement;
    const result = await rootAdd.run(management, {uri: 'x'}, call).catch((error: unknown) => error);
    return {result, retired};
  };

  it('keeps no root of which nobody gets the shares', async () => {
    const shared: AddedRoot = {id: 'rw_1', created: true, shares: ['a', 'b']};
    expect(await run(shared, {goes: false})).to.deep.equal({result: shared, retired: []});
    const {result, retired} = await run(shared, {goes: true});
    expect(result).to.be.instanceOf(Error).and.have.property('message', 'gone');
    expect(retired).to.deep.equal(['rw_1']);
  });

  it('keeps others', async () => {
    const other: AddedRoot = {id: 'rw_1', created: true};
    expect(await run(other, {goes: true})).to.deep.equal({result: other, retired: []});
  });
});
