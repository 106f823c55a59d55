import {expect} from 'chai';
import fc from 'fast-check';
import {PointPool} from '../../lib/processes/point-pool.ts';

const SHARES = {windowMs: 1000, own: 0, pool: 100, block: 10};

describe('PointPool', () => {
  let ms: number;
  let pool: PointPool;
  const take = (window: number, want = 10, subject = 'one'): number => pool.take({subject, window, want});

  beforeEach(() => {
    ms = 5500;
    pool = new PointPool(SHARES, () => ms);
  });

  it('gives for the present window, for the next one ahead of its time, and for no other', () => {
    expect(take(5)).to.equal(10);
    for (const window of [Infinity, -Infinity, NaN, 5.5, 4, 7, Number.MAX_SAFE_INTEGER])
      expect(take(window), String(window)).to.equal(0);
    for (let i = 0; i < 9; i++) expect(take(6)).to.equal(10);
    // None of them has taken anything from the present one.
    for (let i = 0; i < 9; i++) expect(take(5)).to.equal(10);
    expect(take(5)).to.equal(0);
    // What was taken ahead is not there twice.
    ms = 6000;
    expect(take(5)).to.equal(0);
    expect(take(6)).to.equal(10);
    expect(take(6)).to.equal(0);
    ms = 7000;
    expect(take(7)).to.equal(10);
    ms = 9000;
    expect(take(9)).to.equal(10);
  });

  it('gives a block at most, whatever is wanted', () => {
    expect(take(5, Infinity)).to.equal(10);
    expect(take(5, 3)).to.equal(3);
    expect(take(5, -50)).to.equal(0);
    expect(take(5, 10, 'another')).to.equal(10);
    let rest = 0;
    for (let given = take(5); given > 0; given = take(5)) rest += given;
    expect(rest).to.equal(87);
  });

  it('gives in each window no more than there is, whoever says what the time is', () => {
    const wish = fc.record({
      window: fc.oneof(fc.integer({min: 4, max: 9}), fc.double()),
      want: fc.oneof(fc.nat({max: 30}), fc.double({noNaN: true})),
      passes: fc.nat({max: 300}),
    });
    fc.assert(
      fc.property(fc.array(wish, {maxLength: 100}), (wishes) => {
        ms = 5000;
        pool = new PointPool(SHARES, () => ms);
        const given = new Map<number, number>();
        for (const {window, want, passes} of wishes) {
          ms += passes;
          given.set(window, (given.get(window) ?? 0) + take(window, want));
        }
        for (const sum of given.values()) expect(sum).to.be.within(0, 100);
        // Whoever comes then finds all of the next but one.
        ms = (Math.floor(ms / 1000) + 2) * 1000;
        expect(take(ms / 1000)).to.equal(10);
      }),
      {numRuns: 200},
    );
  });
});
