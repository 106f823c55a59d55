import {expect} from 'chai';
import type {AdminProgress} from '../../lib/admin/admin-operation.ts';
import {ProgressDisplay} from '../../lib/cli/progress-display.ts';

const ERASE = '\r\u001b[2K';

function show(
  progress: readonly (AdminProgress & {readonly at: number})[],
  screen: {readonly isTTY?: boolean; readonly columns?: number},
): string[] {
  const written: string[] = [];
  let now = 0;
  const display = new ProgressDisplay({...screen, write: (text) => written.push(text)}, () => now);
  for (const {at, ...each} of progress) {
    now = at;
    display.report(each);
  }
  display.clear();
  return written;
}

const steady = Array.from({length: 1001}, (_, done) => ({step: 'rewrapping', done, total: 1000}));

describe('progress of webkms admin', () => {
  it('is a line per tenth where standard error is no terminal', () => {
    const lines = show(
      steady.map((each, i) => ({...each, at: i * 50})),
      {},
    );
    expect(lines).to.have.length(11);
    expect(lines[0]).to.equal('rewrapping: 0 of 1000 (0 %)\n');
    expect(lines[1]).to.equal('rewrapping: 100 of 1000 (10 %)\n');
    expect(lines.at(-1)).to.equal('rewrapping: 1000 of 1000 (100 %)\n');
  });

  it('is at most a line per second, but for the end', () => {
    const lines = show(
      steady.map((each, i) => ({...each, at: i})),
      {},
    );
    expect(lines).to.deep.equal(['rewrapping: 0 of 1000 (0 %)\n', 'rewrapping: 1000 of 1000 (100 %)\n']);
  });

  it('shows that something happens where that is slow, and each step', () => {
    const lines = show(
      [
        {step: 'rotating', done: 1, total: 1000, at: 0},
        {step: 'rotating', done: 2, total: 1000, at: 29_000},
        {step: 'rotating', done: 3, total: 1000, at: 30_000},
        {step: 'pruning', done: 7, at: 30_001},
      ],
      {},
    );
    expect(lines).to.deep.equal([
      'rotating: 1 of 1000 (0 %)\n',
      'rotating: 3 of 1000 (0 %)\n',
      'pruning: 7\n',
    ]);
  });

  it('is a bar on a terminal, that is never as wide, and goes before other output', () => {
    for (const columns of [10, 40, 80, 300]) {
      const written = show(
        steady.map((each, i) => ({...each, at: i})),
        {isTTY: true, columns},
      );
      expect(written.length, 'one per 100 ms').to.equal(12);
      expect(written.at(-1)).to.equal(ERASE);
      for (const text of written.slice(0, -1)) {
        expect(text.startsWith(ERASE)).to.equal(true);
        expect(text.slice(ERASE.length).length).to.be.lessThan(columns);
      }
    }
    const [, half] = show(
      [
        {step: 'x', done: 0, total: 2, at: 0},
        {step: 'x', done: 1, total: 2, at: 100},
      ],
      {isTTY: true, columns: 80},
    );
    expect(half).to.equal(`${ERASE}[${'#'.repeat(20)}${'-'.repeat(20)}] x: 1 of 2 (50 %)`);
  });

  it('is there on a terminal that does not know its width', () => {
    const [text] = show([{step: 'x', done: 1, total: 2, at: 0}], {isTTY: true, columns: 0});
    expect(text).to.contain('x: 1 of 2 (50 %)');
  });

  it('bears totals that are wrong', () => {
    const written = show(
      [
        {step: 'x', done: 0, total: 0, at: 0},
        {step: 'y', done: 9, total: 3, at: 0},
      ],
      {isTTY: true, columns: 80},
    );
    expect(written[0]).to.contain('x: 0 of 0 (100 %)');
    expect(written[1]).to.contain('y: 9 of 3 (100 %)');
  });
});
