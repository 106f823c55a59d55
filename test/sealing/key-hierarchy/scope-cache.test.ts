import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {OpenedScope} from '../../../lib/sealing/key-hierarchy/opened-scope.ts';
import {ScopeCache} from '../../../lib/sealing/key-hierarchy/scope-cache.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PLACE, PURPOSE, SCOPE, SECRET, useHierarchy} from './fixture.ts';

describe('ScopeCache', () => {
  const t = useHierarchy();
  let cache: ScopeCache;
  const roots = () => fixedRoots([{id: 'rw_1', wrapper: t.root}]);
  const open = (previous?: OpenedScope): OpenedScope =>
    new OpenedScope(t.store.scopes.get(SCOPE)!, roots(), previous);

  beforeEach(async () => {
    await t.hierarchy.createKeys(SCOPE, [PURPOSE]);
    cache = new ScopeCache({store: t.store, roots: roots(), max: 10});
    t.root.calls.open = 0;
  });

  it('drops the keys themselves when it forgets', async () => {
    const opened = await cache.read(SCOPE);
    const key = await opened!.newest(PURPOSE);
    key!.open(key!.seal(SECRET, PLACE), PLACE);
    cache.forget();
    await expectRejection(opened!.newest(PURPOSE), UnavailableError);
    await new Promise(setImmediate);
    expect(() => key!.seal(SECRET, PLACE)).to.throw(UnavailableError);
    expect(cache.kept(SCOPE)).to.be.undefined;
  });

  it('keeps nothing that was made before it forgot', async () => {
    const {epoch} = cache;
    const made = open();
    cache.forget();
    cache.changed(SCOPE, {opened: made, epoch});
    expect(cache.previous(SCOPE)).to.be.undefined;
    cache.changed(SCOPE, {opened: made, epoch: cache.epoch});
    expect(cache.previous(SCOPE)).to.equal(made);
  });

  it('takes over what is open, of the same identity only', async () => {
    const first = open();
    await first.newest(PURPOSE);
    expect(t.root.calls.open).to.equal(1);
    const second = open(first);
    expect((await second.newest(PURPOSE))?.id).to.equal((await first.newest(PURPOSE))?.id);
    expect(t.root.calls.open).to.equal(1);
    const whole = t.store.scopes.get(SCOPE)!;
    const tampered: readonly (() => typeof whole)[] = [
      () => ({...whole, rootKeyId: 'krk_other'}),
      () => ({...whole, dataKeys: whole.dataKeys.map((key) => ({...key, id: 'kdk_other'}))}),
      () => ({
        ...whole,
        dataKeys: whole.dataKeys.map((key) => ({
          ...key,
          versions: key.versions.map((version) => ({...version, version: 2})),
        })),
      }),
    ];
    for (const tamper of tampered) {
      t.store.scopes.set(SCOPE, tamper());
      await expectRejection(open(second).newest(PURPOSE), Error);
    }
    t.store.scopes.set(SCOPE, whole);
    await open(second).newest(PURPOSE);
  });
});
