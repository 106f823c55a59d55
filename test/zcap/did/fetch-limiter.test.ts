import {expect} from 'chai';
import type {DidError} from '../../../lib/zcap/did/did-error.ts';
import {FetchLimiter} from '../../../lib/zcap/did/fetch-limiter.ts';

describe('FetchLimiter', () => {
  const never = new AbortController().signal;
  const refusalOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => (error as DidError).refusal,
    );

  it('gives places in the order of asking', async () => {
    const limiter = new FetchLimiter({maxConcurrent: 1, maxWaiting: 9, maxPerRequester: 9});
    const order: number[] = [];
    await Promise.all([0, 1, 2, 3].map((n) => limiter.run(never, async () => order.push(n))));
    expect(order).to.deep.equal([0, 1, 2, 3]);
  });

  it('gives a place back when work fails', async () => {
    const limiter = new FetchLimiter({maxConcurrent: 1, maxWaiting: 0, maxPerRequester: 9});
    const failure = await limiter
      .run(never, () => Promise.reject(new Error('boom')))
      .catch((e: unknown) => e);
    expect(failure).to.have.property('message', 'boom');
    expect(await limiter.run(never, async () => 'done')).to.equal('done');
  });

  it('lets nobody have more than their share, waiting or running, and gives it back', async () => {
    const limiter = new FetchLimiter({maxConcurrent: 1, maxWaiting: 9, maxPerRequester: 2});
    const gate = Promise.withResolvers<string>();
    const mine = [1, 2].map(() => limiter.run(never, () => gate.promise, 'mallory'));
    expect(await refusalOf(limiter.run(never, async () => 'third', 'mallory'))).to.equal('busy');
    const others = limiter.run(never, async () => 'in turn', 'alice');
    gate.resolve('done');
    expect(await Promise.all([...mine, others])).to.deep.equal(['done', 'done', 'in turn']);
    expect(await limiter.run(never, async () => 'again', 'mallory')).to.equal('again');
  });

  it('refuses who finds no room to wait', async () => {
    const limiter = new FetchLimiter({maxConcurrent: 1, maxWaiting: 1, maxPerRequester: 9});
    const gate = Promise.withResolvers<string>();
    const [running, waiting] = [
      limiter.run(never, () => gate.promise),
      limiter.run(never, async () => 'second'),
    ];
    expect(await refusalOf(limiter.run(never, async () => 'third'))).to.equal('busy');
    gate.resolve('first');
    expect(await Promise.all([running, waiting])).to.deep.equal(['first', 'second']);
    expect(await limiter.run(never, async () => 'third')).to.equal('third');
  });

  it('refuses who has no time left to wait, and skips them', async () => {
    const limiter = new FetchLimiter({maxConcurrent: 1, maxWaiting: 2, maxPerRequester: 9});
    const gate = Promise.withResolvers<string>();
    const impatient = new AbortController();
    let ran = false;
    const running = limiter.run(never, () => gate.promise);
    const gone = limiter.run(impatient.signal, async () => (ran = true));
    const patient = limiter.run(never, async () => 'patient');
    impatient.abort();
    expect(await refusalOf(gone)).to.equal('busy');
    gate.resolve('first');
    expect(await Promise.all([running, patient])).to.deep.equal(['first', 'patient']);
    expect(ran).to.equal(false);
  });

  it('does not mind a deadline that passes once the work has its place', async () => {
    const limiter = new FetchLimiter({maxConcurrent: 1, maxWaiting: 1, maxPerRequester: 9});
    const gate = Promise.withResolvers<string>();
    const late = new AbortController();
    const running = limiter.run(never, () => gate.promise);
    const waiting = limiter.run(late.signal, async () => {
      late.abort();
      return 'second';
    });
    gate.resolve('first');
    expect(await Promise.all([running, waiting])).to.deep.equal(['first', 'second']);
    expect(await limiter.run(never, async () => 'third')).to.equal('third');
  });
});
