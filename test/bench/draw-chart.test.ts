import {expect} from 'chai';
import {drawChart} from '../../bench/report/draw-chart.ts';
import {ROWS} from '../../bench/speed/rows.ts';
import {resultsOf, row} from './example-results.ts';

describe('chart of the benchmark', () => {
  const widths = (svg: string): number[] =>
    Array.from(svg.matchAll(/<rect x="[0-9.]+" y="[0-9]+" width="([0-9.]+)" height="14"/g), ([, width]) =>
      Number(width),
    );

  it('has two bars a row, from the limit to the ratio, on a logarithmic scale', () => {
    const [server = 0, reference = 0] = widths(
      drawChart(resultsOf([row('sign-root', {server: 1000, reference: 10_000})])),
    );
    expect(server).to.be.greaterThan(100);
    expect(reference).to.be.closeTo(2 * server, 0.2);
  });

  it('has one bar where the reference has no such thing', () => {
    expect(widths(drawChart(resultsOf([row('encrypt', {server: 200})])))).to.have.length(1);
  });

  it('draws what takes less than the limit to the left of it', () => {
    const svg = drawChart(resultsOf([row('junk', {server: 50}), row('sign-root', {server: 130})]));
    const [left = NaN, right = NaN] = Array.from(
      svg.matchAll(/<rect x="([0-9.]+)"[^>]*height="14"/g),
      ([, x]) => Number(x),
    );
    expect(left).to.be.lessThan(right);
  });

  it('escapes texts', () => {
    const results = resultsOf([{...row('a', {server: 200}), title: '<b> & "c"'}]);
    expect(drawChart(results)).to.include('&lt;b&gt; &amp; &quot;c&quot;').and.not.include('<b>');
  });

  it('has room for the titles of all rows', () => {
    const svg = drawChart(resultsOf(ROWS.map(({name, title}) => ({...row(name, {server: 60}), title}))));
    const titles = Array.from(svg.matchAll(/<text x="([0-9.]+)" y="[0-9.]+" class="row">([^<]+)</g));
    expect(titles).to.have.length(ROWS.length);
    for (const [, end, title = ''] of titles) expect(Number(end) - 7 * title.length).to.be.greaterThan(0);
  });

  it('stays in its frame', () => {
    const svg = drawChart(resultsOf([row('a', {server: 5, reference: 5_000_000}), row('b', {server: 140})]));
    const [, width, height] = /viewBox="0 0 ([0-9]+) ([0-9]+)"/.exec(svg) ?? [];
    for (const [, x, y] of svg.matchAll(/<(?:rect|text) x="([^"]+)" y="([^"]+)"/g)) {
      expect(Number(x)).to.be.within(0, Number(width));
      expect(Number(y)).to.be.within(0, Number(height));
    }
  });
});
