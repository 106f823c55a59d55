import {expect} from 'chai';
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

const MODULE = new URL('../../lib/cli/keep-heap-small.ts', import.meta.url).href;

/** Bytes of the young generation before and after much that lives for a while was made. */
async function grown(prelude: string): Promise<{readonly before: number; readonly after: number}> {
  const program = `
    import {getHeapSpaceStatistics} from 'node:v8';
    import {keepHeapSmall} from ${JSON.stringify(MODULE)};
    const size = () => getHeapSpaceStatistics().find(({space_name}) => space_name === 'new_space').space_size;
    ${prelude}
    const before = size();
    const kept = Array.from({length: 50_000});
    for (let i = 0; i < 5_000_000; i++) kept[i % kept.length] = {i, list: [i]};
    console.log(JSON.stringify({before, after: size()}));
  `;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return JSON.parse(stdout) as {before: number; after: number};
}

/** Megabytes of the old generation at most, while what lives is replaced, bit by bit, by as much. */
async function oldGeneration(prelude: string): Promise<number> {
  const program = `
    import {getHeapSpaceStatistics} from 'node:v8';
    import {keepHeapSmall} from ${JSON.stringify(MODULE)};
    const size = () => getHeapSpaceStatistics().find(({space_name}) => space_name === 'old_space').space_size;
    ${prelude}
    const kept = Array.from({length: 400_000});
    let most = 0;
    for (let i = 0; i < 8_000_000; i++) {
      kept[i % kept.length] = {i, list: [i]};
      if (i > 2_000_000 && i % 10_000 === 0) most = Math.max(most, size());
    }
    console.log(most / 1e6);
  `;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  return Number(stdout);
}

/** Of its two halves one may not be there yet before it is first used. */
const HALVES = 2;

describe('keepHeapSmall', () => {
  it('holds the young generation near the size that it has, where Node lets it grow', async () => {
    const [held, byItself] = await Promise.all([grown('keepHeapSmall();'), grown('')]);
    expect(byItself.after).to.be.above(byItself.before * HALVES);
    expect(held.after).to.be.at.most(byItself.after / 2);
  });

  it('keeps the old generation nearer to what lives in it', async () => {
    const [small, byItself] = await Promise.all([oldGeneration('keepHeapSmall();'), oldGeneration('')]);
    expect(small).to.be.below(byItself * 0.85);
  });
});
