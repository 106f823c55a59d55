import {expect} from 'chai';
import {formatResults} from '../../bench/report/format-results.ts';
import {resultsOf, row} from './example-results.ts';

describe('table of the benchmark', () => {
  const text = formatResults(
    resultsOf([row('sign-root', {server: 128, reference: 450}), row('junk', {server: 70})], {fairness: 3.25}),
  );

  it('has a line for each row, with figures beside each other and their ratios', () => {
    const line = text.split('\n').find((each) => each.startsWith('title of sign-root'));
    expect(line?.split(/ {2,}/)).to.deep.equal([
      ...['title of sign-root', '100', '450', '128', '1.28', '0.284', '±2%', '7813', '1.5', '4.0', '120'],
    ]);
  });

  it('says which goals are met, and which are not', () => {
    expect(text).to.match(/^sign, root ÷ limit +1\.28 +≤ 1\.3 +met$/m);
    expect(text).to.match(/^no signature refused ÷ limit +0\.7 +≤ 0\.5 +NOT MET$/m);
    expect(text).to.match(/^p99 of others beside a flood ÷ without +3\.25 +≤ 2 +NOT MET$/m);
  });

  it('has no columns of what was not measured', () => {
    expect(text).not.to.include('on Express');
  });
});
