import {expect} from 'chai';
import {AgreedRoots} from '../../../lib/isolation/primary-side/agreed-roots.ts';

describe('AgreedRoots', () => {
  it('are what the first has used, and what others use besides those; not what somebody alone uses', () => {
    const workers: unknown[] = [];
    const roots = new AgreedRoots({
      error: ({worker}: {worker: number}) => void workers.push(worker),
    } as never);
    roots.heard([], 1);
    expect(roots.list()).to.deep.equal([]);
    roots.heard(['a'], 1);
    roots.heard(['foreign'], 2);
    expect(roots.list()).to.deep.equal(['a']);
    expect(workers).to.deep.equal([2]);
    roots.heard(['b', 'a'], 1);
    roots.heard(['b', 'c'], 3);
    roots.heard([], 2);
    expect(roots.list()).to.have.members(['a', 'b', 'c']);
    expect(workers).to.deep.equal([2]);
  });
});
