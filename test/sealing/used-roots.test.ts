import {expect} from 'chai';
import {UsedRoots} from '../../lib/sealing/used-roots.ts';

describe('UsedRoots', () => {
  it('keeps what was added, each once, and says when there is more', () => {
    const said: (readonly string[])[] = [];
    const used: UsedRoots = new UsedRoots(() => said.push(used.list()));
    expect(used.isEmpty).to.equal(true);
    used.add([]);
    used.add(['a']);
    used.add(['a']);
    used.add(['a', 'b']);
    expect(said).to.deep.equal([['a'], ['a', 'b']]);
    expect([used.isEmpty, used.has('b'), used.has('c')]).to.deep.equal([false, true, false]);
  });
});
