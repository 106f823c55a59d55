import {expect} from 'chai';
import {eachOf} from '../../lib/storage/each-of.ts';

describe('everything that is listed in pages', () => {
  it('comes once, in order, and no page is read before it is needed', async () => {
    const all = Array.from({length: 7}, (_, index) => index);
    const cursors: (string | undefined)[] = [];
    const list = async ({cursor}: {readonly limit: number; readonly cursor?: string}) => {
      cursors.push(cursor);
      const start = Number(cursor ?? 0);
      const results = all.slice(start, start + 3);
      return {results, ...(start + 3 < all.length && {cursor: String(start + 3)})};
    };
    const found: number[] = [];
    for await (const item of eachOf(list)) {
      found.push(item);
      if (found.length === 3) expect(cursors).to.deep.equal([undefined]);
    }
    expect(found).to.deep.equal(all);
    expect(cursors).to.deep.equal([undefined, '3', '6']);
  });
});
