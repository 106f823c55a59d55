import {expect} from 'chai';
import {formatProgress, parseProgress} from '../../lib/moving/copy-progress.ts';

describe('copy progress', () => {
  it('is read as it was written', () => {
    for (const progress of [
      {kind: 'key', cursor: 'abc', done: 7} as const,
      {kind: 'job', done: 0} as const,
    ]) {
      expect(parseProgress(formatProgress(progress))).to.deep.equal(progress);
    }
  });

  it('begins at the beginning where it cannot be read', () => {
    const others = [undefined, '', '{', 'null', '7', '{"kind":"x","done":1}', '{"kind":"key","done":"1"}'];
    for (const text of [...others, '{"kind":"key","cursor":1,"done":1}', '{"kind":"__proto__","done":1}']) {
      expect(parseProgress(text)).to.deep.equal({kind: 'rootWrapper', done: 0});
    }
  });
});
