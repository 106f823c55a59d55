import {expect} from 'chai';
import {GOALS, judgeGoals} from '../../bench/report/goals.ts';
import {ROWS} from '../../bench/speed/rows.ts';
import {resultsOf, row} from './example-results.ts';

describe('goals of the benchmark', () => {
  const judge = (results: ReturnType<typeof resultsOf>, title: string) =>
    judgeGoals(results).find((goal) => goal.title === title);

  it('are met up to the bound, and far off where the rounds agree on more than twice the bound', () => {
    const root = (server: number) => judge(resultsOf([row('sign-root', {server})]), 'sign, root ÷ limit');
    expect(root(130)).to.deep.include({bound: '≤ 1.3', value: 1.3, isMet: true, isFarOff: false});
    expect(root(131)).to.deep.include({isMet: false, isFarOff: false});
    expect(root(260)).to.deep.include({isMet: false, isFarOff: false});
    expect(root(270)).to.deep.include({isMet: false, isFarOff: false});
    expect(root(271)).to.deep.include({isMet: false, isFarOff: true});
  });

  it('compare with the reference', () => {
    const root = (server: number) =>
      judge(resultsOf([row('sign-root', {server, reference: 440})]), 'sign, root ÷ reference');
    expect(root(200)).to.include({isMet: true});
    expect(root(201)).to.include({isMet: false});
  });

  it('compare refusals with what is accepted', () => {
    const expired = (server: number) =>
      judge(
        resultsOf([row('sign-root', {server: 150}), row('expired', {server})]),
        'expired refused ÷ accepted by root',
      );
    expect(expired(150)).to.include({value: 1, isMet: true});
    expect(expired(151)).to.include({isMet: false, isFarOff: false});
    expect(expired(301)).to.include({isMet: false, isFarOff: true});
  });

  it('have lower bounds, too, by the clock: never far off', () => {
    const rate = (value: number) =>
      judge(resultsOf([], {'processes-rate': value}), 'two processes ÷ one, requests per second');
    expect(rate(1.8)).to.deep.include({bound: '≥ 1.8', isMet: true, isFarOff: false});
    expect(rate(1.79)).to.include({isMet: false, isFarOff: false});
    expect(rate(0.1)).to.include({isMet: false, isFarOff: false});
  });

  it('are not met by what is no number', () => {
    const rows = [row('sign-root', {server: NaN})];
    expect(judge(resultsOf(rows), 'sign, root ÷ limit')).to.include({isMet: false, isFarOff: true});
    expect(judge(resultsOf([], {durable: NaN}), 'durable keys ÷ bare commits, per second')).to.include({
      isMet: false,
      isFarOff: true,
    });
  });

  it('are left out where nothing was measured', () => {
    expect(judgeGoals(resultsOf([]))).to.deep.equal([]);
    expect(judgeGoals(resultsOf([row('expired', {server: 100})]))).to.deep.equal([]);
  });

  it('are all judged where everything was measured', () => {
    const names = 'durable keys-stored processes-cpu processes-rate memory fairness fairness-busy'.split(' ');
    const everything = resultsOf(
      ROWS.map(({name}) => row(name, {server: 1, reference: 1000})),
      Object.fromEntries(names.map((name) => [name, 1])),
    );
    expect(judgeGoals(everything)).to.have.length(GOALS.length);
  });
});
