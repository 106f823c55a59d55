import {expect} from 'chai';
import {JobProgress} from '../../lib/maintenance/job-progress.ts';

const STEPS = {steps: ['rotate', 'rewrap', 'prune']} as const;

describe('progress of a maintenance job', () => {
  it('is the same when it was stored and read again', () => {
    const progress = JobProgress.parse(undefined);
    Object.assign(progress, {done: 3, total: 3, rotated: 3});
    progress.remain({scope: 'a', kind: 'root key', count: 1, reason: 'why'});
    progress.fail('a');
    progress.endStep();
    Object.assign(progress, {done: 5, total: 9, rewrapped: 5});
    const again = JobProgress.parse(progress.stringify());
    expect(again.stringify()).to.equal(progress.stringify());
    expect(again.report(STEPS)).to.deep.equal({step: 'rewrapping', done: 5, total: 9});
    expect(again.outcome(again.failure())).to.deep.equal({
      rotated: 3,
      rewrapped: 5,
      pruned: 0,
      remaining: [{scope: 'a', kind: 'root key', count: 1, reason: 'why'}],
      remainingNotListed: 0,
      failure: '1 scope could not be done; the log says which, and why.',
    });
  });

  it('keeps of an interrupted step the counts, not what was left: it looks again', () => {
    const progress = JobProgress.parse(undefined);
    progress.done = 4;
    progress.remain({scope: 'a', kind: 'key record', count: 1, reason: 'why'});
    progress.fail('a');
    const again = JobProgress.parse(progress.stringify());
    expect(again.done).to.equal(4);
    expect(again.outcome()).to.deep.include({remaining: []});
    expect(again.failure()).to.equal(undefined);
  });

  it('starts again where what is stored is something else', () => {
    const start = JobProgress.parse(undefined).stringify();
    for (const text of [
      '',
      '{',
      'null',
      '7',
      '[]',
      '{"step":"1"}',
      '{"step":1.5}',
      '{"remaining":{}}',
      '{"total":"x"}',
    ])
      expect(JobProgress.parse(text).stringify(), text).to.equal(start);
    expect(JobProgress.parse(start.replace('"step":0', '"step":2')).step).to.equal(2);
  });

  it('lists what is left once per scope and kind, and a hundred of it', () => {
    const progress = JobProgress.parse(undefined);
    for (let index = 0; index < 120; index++)
      for (const reason of ['first', 'second'])
        progress.remain({scope: `s${index}`, kind: 'key record', count: 1, reason});
    const {remaining, remainingNotListed} = progress.outcome();
    expect([remaining.length, remainingNotListed]).to.deep.equal([100, 20]);
    expect(remaining[0]).to.deep.include({scope: 's0', reason: 'second'});
    progress.endStep();
    const again = JobProgress.parse(progress.stringify()).outcome();
    expect([again.remaining.length, again.remainingNotListed]).to.deep.equal([100, 20]);
  });
});
