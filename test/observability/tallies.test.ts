import {expect} from 'chai';
import fc from 'fast-check';
import {Counter, Histogram, Registry} from 'prom-client';
import {CounterTally, HistogramTally} from '../../lib/observability/tallies.ts';
import {renderTotal} from '../../lib/observability/total-metrics.ts';

const BOUNDS = [0.001, 0.01, 0.1];
const word = fc.constantFrom(
  'a',
  'b',
  'with "quotes"',
  'back\\slash',
  'line\nend',
  'constructor',
  '__proto__',
  '',
);

/** The samples, in no order. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

describe('tallies', () => {
  it('tell what counters of prom-client would', async () => {
    const lookups = fc.array(fc.tuple(word, fc.oneof(word, fc.integer({min: 100, max: 599}))));
    await fc.assert(
      fc.asyncProperty(lookups, async (all) => {
        const registers = [new Registry()];
        const theirs = new Counter({name: 'n', help: 'Help.', labelNames: ['x', 'y'], registers});
        const ours = new CounterTally({name: 'n', help: 'Help.', labels: ['x', 'y']});
        for (const [x, y] of all) {
          theirs.inc({x, y});
          ours.add(x, y);
        }
        expect(linesOf(await renderTotal([[ours.samples()]]))).to.deep.equal(
          linesOf((await registers[0]?.metrics()) ?? ''),
        );
      }),
    );
  });

  it('count by one label, too', async () => {
    const ours = new CounterTally({name: 'n', help: 'Help.', labels: ['x']});
    for (const x of ['a', 'b', 'a']) ours.add(x);
    expect(linesOf(await renderTotal([[ours.samples()]]))).to.deep.equal([
      '# HELP n Help.',
      '# TYPE n counter',
      'n{x="a"} 2',
      'n{x="b"} 1',
    ]);
  });

  it('tell what histograms of prom-client would', async () => {
    const value = fc.oneof(fc.constantFrom(0, 0.001, 0.01, 0.1, 7), fc.double({min: 0, max: 1, noNaN: true}));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(word, value)), async (all) => {
        const registers = [new Registry()];
        const theirs = new Histogram({
          name: 'n',
          help: 'Help.',
          labelNames: ['x'],
          buckets: BOUNDS,
          registers,
        });
        const ours = new HistogramTally({name: 'n', help: 'Help.', label: 'x', bounds: BOUNDS});
        for (const [x, seconds] of all) {
          theirs.observe({x}, seconds);
          ours.observe(x, seconds);
        }
        expect(linesOf(await renderTotal([[ours.samples()]]))).to.deep.equal(
          linesOf((await registers[0]?.metrics()) ?? ''),
        );
      }),
    );
  });
});
