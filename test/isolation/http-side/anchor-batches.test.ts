import {expect} from 'chai';
import {AnchorBatches} from '../../../lib/isolation/http-side/anchor-batches.ts';
import {MAX_ANCHOR_LINES} from '../../../lib/isolation/protocol/key-process-methods.ts';

describe('AnchorBatches', () => {
  let closed: number;

  beforeEach(() => {
    closed = 0;
  });

  const of = (lines: readonly string[], failure?: Error): AnchorBatches =>
    new AnchorBatches(async function* () {
      try {
        yield* lines;
        if (failure) throw failure;
      } finally {
        closed++;
      }
    });

  const all = async (batches: AnchorBatches): Promise<readonly (readonly string[])[]> => {
    const found: (readonly string[])[] = [];
    for (let again = true; ; again = false) {
      const {lines, end} = await batches.next(again);
      found.push(lines);
      if (end) return found;
    }
  };

  it('gives every line, in order, so many at a time, and from the beginning again', async () => {
    const lines = Array.from({length: 2 * MAX_ANCHOR_LINES + 3}, (_, i) => String(i));
    const batches = of(lines);
    for (let i = 0; i < 2; i++) {
      const found = await all(batches);
      expect(found.flat()).to.deep.equal(lines);
      expect(found.map(({length}) => length)).to.deep.equal([MAX_ANCHOR_LINES, MAX_ANCHOR_LINES, 3]);
    }
    await batches.next(true);
    expect((await batches.next(true)).lines[0]).to.equal('0');
  });

  it('gives few long lines at a time', async () => {
    const long = 'x'.repeat(100 * 1024);
    expect((await all(of([long, long, long]))).map(({length}) => length)).to.deep.equal([2, 1]);
  });

  it('gives nothing of nothing, and fails as what it reads', async () => {
    expect(await all(of([]))).to.deep.equal([[]]);
    const failure = new Error('It cannot be read.');
    const thrown: unknown = await all(of(['a'], failure)).catch((error: unknown) => error);
    expect(thrown).to.equal(failure);
  });

  it('closes what it reads', async () => {
    const batches = of(Array.from({length: 2 * MAX_ANCHOR_LINES}, () => 'line'));
    await batches.next(true);
    await batches.next(true);
    expect(closed).to.equal(1);
    await batches.close();
    expect(closed).to.equal(2);
  });
});
