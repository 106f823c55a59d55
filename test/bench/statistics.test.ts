import {expect} from 'chai';
import fc from 'fast-check';
import {figureOf, quantile, ratioOf} from '../../bench/speed/statistics.ts';

describe('statistics of the benchmark', () => {
  it('finds quantiles, between values linearly', () => {
    expect(quantile([3, 1, 2], 0.5)).to.equal(2);
    expect(quantile([1, 2, 3, 4], 0.5)).to.equal(2.5);
    expect(quantile([10, 20], 0.25)).to.equal(12.5);
    expect(quantile([5], 0.99)).to.equal(5);
    expect(quantile(Float64Array.of(2, 10, 9, 1), 1)).to.equal(10);
    expect(quantile([], 0.5)).to.be.NaN;
  });

  it('sorts numbers as numbers and leaves what it was given as it is', () => {
    const values = [10, 9, 100];
    expect(quantile(values, 0)).to.equal(9);
    expect(values).to.deep.equal([10, 9, 100]);
  });

  it('says how far the quartiles are from each other, as a share of the median', () => {
    expect(figureOf([100, 100, 100])).to.deep.equal({median: 100, spread: 0});
    expect(figureOf([80, 90, 100, 110, 120])).to.deep.equal({median: 100, spread: 0.2});
  });

  it('compares what was measured in the same round: a machine that slows down for a while changes nothing', () => {
    expect(ratioOf([200, 400, 2000], [100, 200, 1000])).to.deep.equal({median: 2, spread: 0});
    expect(ratioOf([200, 400], [100]).median).to.be.NaN;
  });

  it('never leaves the range of the values', () => {
    const values = fc.array(fc.double({min: 1, max: 1e6, noNaN: true}), {minLength: 1});
    fc.assert(
      fc.property(values, fc.double({min: 0, max: 1, noNaN: true}), (all, share) => {
        const found = quantile(all, share);
        expect(found).to.be.within(Math.min(...all), Math.max(...all));
      }),
    );
  });
});
