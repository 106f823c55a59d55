import {expect} from 'chai';
import fc from 'fast-check';
import {versionGaps} from '../../lib/storage/version-gaps.ts';

const of = (...versions: number[]) => versions.map((version) => ({version}));

describe('versionGaps', () => {
  it('gives what is missing below the newest, whatever was pruned', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({min: 1, max: 60}), {minLength: 1}), (numbers) => {
        const sorted = numbers.toSorted((a, b) => a - b);
        const gaps = versionGaps(of(...sorted));
        const all = Array.from({length: sorted.at(-1)!}, (_, index) => index + 1);
        expect([...sorted, ...gaps].toSorted((a, b) => a - b)).to.deep.equal(all);
      }),
    );
  });

  it('refuses versions out of order, twice, below 1 and absurd', () => {
    for (const versions of [of(2, 1), of(1, 1), of(0), of(-1, 1), of(1.5), of(1, 2 ** 40), of(NaN)]) {
      expect(() => versionGaps(versions)).to.throw(TypeError);
    }
    expect(versionGaps(of(1, 2, 3))).to.deep.equal([]);
    expect(versionGaps([])).to.deep.equal([]);
  });
});
