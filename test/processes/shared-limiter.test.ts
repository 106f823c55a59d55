import {expect} from 'chai';
import fc from 'fast-check';
import {RateLimitError} from '../../lib/errors.ts';
import {PointPool} from '../../lib/processes/point-pool.ts';
import {machineTimeMs, rateShares} from '../../lib/processes/rate-shares.ts';
import {SharedLimiter} from '../../lib/processes/shared-limiter.ts';

describe('a rate that several workers share', () => {
  interface Fixture {
    readonly limiters: readonly SharedLimiter[];
    readonly asked: () => number;
    readonly clock: {ms: number};
    readonly add: (hasShare: boolean) => SharedLimiter;
  }
  function fixture(points: number, workers: number, options: {maxSubjects?: number} = {}): Fixture {
    const shares = rateShares({points, seconds: 10}, workers);
    const clock = {ms: 5000};
    const pool = new PointPool(shares, () => clock.ms);
    let asked = 0;
    const add = (hasShare: boolean): SharedLimiter =>
      new SharedLimiter({
        shares,
        hasShare,
        now: () => clock.ms,
        take: async (wanted) => {
          asked += 1;
          await new Promise(setImmediate);
          return pool.take(wanted);
        },
        ...options,
      });
    return {limiters: Array.from({length: workers}, () => add(true)), asked: () => asked, clock, add};
  }
  const accepts = async (limiter: SharedLimiter | undefined, subject = 'one'): Promise<boolean> => {
    try {
      await limiter?.limit(subject);
      return true;
    } catch (error) {
      expect(error).to.be.instanceOf(RateLimitError);
      return false;
    }
  };

  it('is never exceeded, whoever asks which of them; and nearly all of it is had, also by way of one alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({min: 1, max: 400}),
        fc.integer({min: 2, max: 8}),
        fc.array(fc.nat(), {minLength: 1, maxLength: 8}),
        async (points, workers, order) => {
          const {limiters, clock} = fixture(points, workers);
          for (const window of [0, 1]) {
            clock.ms = 5000 + window * 10_000;
            const asks = Array.from({length: points * 2}, (_, i) =>
              accepts(limiters[(order[i % order.length] ?? 0) % workers]),
            );
            const accepted = (await Promise.all(asks)).filter(Boolean).length;
            expect(accepted).to.be.lessThanOrEqual(points);
            expect(accepted).to.be.greaterThanOrEqual(Math.floor(points * 0.875));
          }
        },
      ),
      {numRuns: 60},
    );
  });

  it('is not talked about for who asks seldom, and seldom for who asks often, also when refused', async () => {
    const {limiters, asked} = fixture(600, 2);
    for (let i = 0; i < 18; i++) expect(await accepts(limiters[0], `seldom ${i}`)).to.be.true;
    for (let i = 0; i < 18; i++) expect(await accepts(limiters[0])).to.be.true;
    expect(asked()).to.equal(0);
    let accepted = 18;
    while (await accepts(limiters[0])) accepted += 1;
    expect(accepted).to.be.within(525, 600);
    expect(asked()).to.be.lessThan(40);
    const before = asked();
    for (let i = 0; i < 100; i++) expect(await accepts(limiters[0])).to.be.false;
    expect(asked()).to.equal(before);
  });

  it('says when there is more, and has it then', async () => {
    const {limiters, clock} = fixture(1, 2);
    expect(await accepts(limiters[0])).to.be.true;
    const error: unknown = await limiters[1]?.limit('one').catch((reason: unknown) => reason);
    expect(error).to.have.property('retryAfterSeconds', 5);
    expect(await accepts(limiters[1], 'another')).to.be.true;
    clock.ms = 9999;
    expect(await accepts(limiters[1])).to.be.false;
    clock.ms = 10_000;
    expect(await accepts(limiters[1])).to.be.true;
    expect(await accepts(limiters[0])).to.be.false;
  });

  it('is not renewed by workers that replace others', async () => {
    const {limiters, add} = fixture(160, 2);
    let accepted = 0;
    for (const limiter of [...limiters, add(false), add(false), add(false)])
      while (await accepts(limiter)) accepted += 1;
    expect(accepted).to.be.within(140, 160);
  });

  it('is one for all whom nobody can remember any more', async () => {
    const {limiters} = fixture(16, 1, {maxSubjects: 2});
    for (const subject of ['a', 'b']) expect(await accepts(limiters[0], subject)).to.be.true;
    let accepted = 0;
    for (let i = 0; i < 40; i++) if (await accepts(limiters[0], `new ${i}`)) accepted += 1;
    expect(accepted).to.equal(16);
    expect(await accepts(limiters[0], 'a')).to.be.true;
  });

  it('refuses, for a second, where the primary does not answer', async () => {
    const shares = rateShares({points: 1, seconds: 10}, 2);
    const take = (): Promise<number> => Promise.reject(new Error('gone'));
    const limiter = new SharedLimiter({shares, hasShare: true, take, now: () => 0});
    const error: unknown = await limiter.limit('one').catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(RateLimitError).and.have.property('retryAfterSeconds', 1);
  });

  it('goes by a clock that all processes of the machine share', () => {
    const other = Number(process.hrtime.bigint() / 1_000_000n);
    expect(machineTimeMs()).to.be.closeTo(other, 50);
  });
});
