import {expect} from 'chai';
import {publishedTables} from '../../bench/report/published-tables.ts';
import {resultsOf, row} from './example-results.ts';

describe('published tables of the benchmark', () => {
  const text = publishedTables(
    resultsOf([row('sign-root', {server: 128, reference: 450}), row('junk', {server: 70})], {fairness: 3.25}),
  );

  it('have a row for each, with ratios', () => {
    expect(text).to.match(/^\| title of sign-root \| 100 \| .*\| 450 \| 128 \| 1\.28 \| 0\.284 \| 7813 \|/m);
  });

  it('leave empty what was not measured', () => {
    expect(text).to.match(/^\| title of junk \| 100 \| +\| +\| 70 \|/m);
  });

  it('say which goals are met, and which are not', () => {
    expect(text).to.match(/^\| sign, root ÷ limit \| 1\.28 \| ≤ 1\.3 \| met \|$/m);
    expect(text).to.match(/^\| no signature refused ÷ limit \| 0\.7 \| ≤ 0\.5 \| \*\*not met\*\* \|$/m);
    expect(text).to.include('| 3.25 | ≤ 2 | **not met** |');
  });
});
