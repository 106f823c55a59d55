import {expect} from 'chai';
import {checkStatement, type StatementExpectations} from '../../lib/self-check/statement-checks.ts';

const NOW = 1_800_000_000_000;
const CLAIMS = {iat: NOW / 1000, selfCheck: 'passed', nonce: 'n', digest: 'd'};

describe('what is looked at of a statement', () => {
  const check = (expected: Partial<StatementExpectations> = {}, claims: object = {}) =>
    checkStatement({...CLAIMS, ...claims}, {now: NOW, ...expected});
  const problems = (...given: Parameters<typeof check>): readonly string[] => check(...given).problems;
  const signed = (secondsAgo: number): object => ({iat: CLAIMS.iat - secondsAgo});

  it('is its age where there is no nonce: five minutes, unless told otherwise', () => {
    expect(problems({}, signed(300))).to.deep.equal([]);
    expect(problems({}, signed(301))).to.deep.equal(['it was signed 301 s ago, and may be 300 s old']);
    expect(problems({maxAgeSeconds: 3600}, signed(3600))).to.deep.equal([]);
    expect(problems({maxAgeSeconds: 3600}, signed(3601))).to.have.length(1);
    expect(problems({maxAgeSeconds: 'off'}, signed(1e9))).to.deep.equal([]);
    expect(problems({maxAgeSeconds: 0}, signed(0))).to.deep.equal([]);
    expect(problems({maxAgeSeconds: 0}, signed(1))).to.have.length(1);
  });

  it('is no age of the future, but what clocks may differ by', () => {
    expect(problems({}, signed(-60))).to.deep.equal([]);
    expect(problems({}, signed(-61))).to.deep.equal(['it was signed 61 s from now: look at the clocks']);
    expect(problems({maxAgeSeconds: 'off'}, signed(-1e6))).to.deep.equal([]);
  });

  it('is a time that is none as if there were none', () => {
    for (const iat of [undefined, null, '1800000000', 1.5, NaN, Infinity, 2 ** 60, {}, true])
      expect(problems({}, {iat}), JSON.stringify(iat)).to.deep.equal(['it does not say when it was signed']);
  });

  it('is the nonce, and then no age, unless that is asked for', () => {
    expect(problems({nonce: 'n'}, signed(1e6))).to.deep.equal([]);
    expect(problems({nonce: 'n', maxAgeSeconds: 300}, signed(301))).to.have.length(1);
    expect(problems({nonce: 'm'})).to.deep.equal(['its nonce is another']);
    expect(problems({nonce: 'n'}, {nonce: undefined})).to.deep.equal(['its nonce is another']);
    expect(problems({nonce: 'n'}, {nonce: ['n']})).to.deep.equal(['its nonce is another']);
  });

  it('is the digest, and the outcome', () => {
    expect(problems({digest: 'd'})).to.deep.equal([]);
    expect(problems({digest: 'e'})).to.deep.equal(['its digest is another']);
    for (const selfCheck of ['changed', undefined, true, 'Passed'])
      expect(problems({}, {selfCheck})).to.have.length(1);
  });

  it('is said, and so is what is not', () => {
    expect(check()).to.deep.include({
      checked: ['outcome of the self-check', 'age (at most 300 s)'],
      unchecked: ['nonce', 'digest'],
    });
    expect(check({nonce: 'n', digest: 'd', maxAgeSeconds: 60})).to.deep.include({
      checked: ['outcome of the self-check', 'nonce', 'digest', 'age (at most 60 s)'],
      unchecked: [],
    });
    expect(check({nonce: 'n'}).unchecked).to.deep.equal(['digest', 'age']);
    expect(check({maxAgeSeconds: 'off'}).unchecked).to.deep.equal(['nonce', 'digest', 'age']);
  });
});
