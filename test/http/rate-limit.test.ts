import {expect} from 'chai';
import {RateLimitError} from '../../lib/errors.ts';
import {byAddressBlock, createLimiter, type Limiter} from '../../lib/http/rate-limit.ts';

const RATE = {points: 3, seconds: 60};

/** How many of `attempts` were let through. */
async function passed(limiter: Limiter, subject: string, attempts = 5): Promise<number> {
  const results = await Promise.allSettled(Array.from({length: attempts}, () => limiter.limit(subject)));
  const refusals = results.filter((result) => result.status === 'rejected');
  for (const {reason} of refusals) expect(reason).to.be.instanceOf(RateLimitError);
  return attempts - refusals.length;
}

describe('rate limits', () => {
  it('lets as many through as the rate says, for each subject', async () => {
    const limiter = createLimiter({rate: RATE});
    expect(await passed(limiter, 'did:key:a')).to.equal(3);
    expect(await passed(limiter, 'did:key:b')).to.equal(3);
    expect(await passed(limiter, 'did:key:a')).to.equal(0);
  });

  it('says in whole seconds when to come again', async () => {
    const limiter = createLimiter({rate: RATE});
    await passed(limiter, 'did:key:a');
    const refusal = await limiter.limit('did:key:a').catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(RateLimitError);
    expect((refusal as RateLimitError).retryAfterSeconds)
      .to.be.within(1, 60)
      .and.satisfy(Number.isInteger);
  });

  it('forgets all that it counted when the window of time is over', async () => {
    let now = 1e6;
    const limiter = createLimiter({rate: {points: 3, seconds: 2}, maxSubjects: 2, now: () => now});
    expect(await passed(limiter, 'a')).to.equal(3);
    expect(await passed(limiter, 'b')).to.equal(3);
    now += 1999;
    expect(await passed(limiter, 'a')).to.equal(0);
    const refusal = await limiter.limit('a').catch((error: unknown) => error);
    expect(refusal).to.have.property('retryAfterSeconds', 1);
    now += 1;
    expect(await passed(limiter, 'c')).to.equal(3);
    expect(await passed(limiter, 'a')).to.equal(3);
    // The third and the fourth share what is left over for all who come late.
    expect([await passed(limiter, 'd', 2), await passed(limiter, 'e', 2)]).to.deep.equal([2, 1]);
  });

  it('lets all through where there is no rate', async () => {
    expect(await passed(byAddressBlock(createLimiter({rate: undefined})), '192.0.2.1', 1000)).to.equal(1000);
  });

  it('counts an IPv4 address by itself and an IPv6 /64 as one', async () => {
    const limiter = byAddressBlock(createLimiter({rate: RATE}));
    expect(await passed(limiter, '192.0.2.1')).to.equal(3);
    expect(await passed(limiter, '192.0.2.2')).to.equal(3);
    expect(await passed(limiter, '2001:db8:1:2::1')).to.equal(3);
    expect(await passed(limiter, '2001:db8:1:2:ffff::9')).to.equal(0);
    expect(await passed(limiter, '2001:db8:1:3::1')).to.equal(3);
  });

  it('remembers a bounded number of subjects; those above it share one allowance', async () => {
    const limiter = createLimiter({rate: RATE, maxSubjects: 2});
    expect(await passed(limiter, 'a', 1)).to.equal(1);
    expect(await passed(limiter, 'b', 1)).to.equal(1);
    expect(await passed(limiter, 'c', 2)).to.equal(2);
    expect(await passed(limiter, 'd', 2)).to.equal(1);
    expect(await passed(limiter, 'a', 5)).to.equal(2);
  });
});
