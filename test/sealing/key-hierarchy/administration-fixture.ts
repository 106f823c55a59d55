import {expect} from 'chai';
import type {KeyInfo} from '../../../lib/sealing/key-administration.ts';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {PLACE, PURPOSE, SECRET, storeRoot} from './fixture.ts';
import type {HierarchyStoreFixture} from './key-hierarchy.suite.ts';

export {PURPOSE};
export const PURPOSES = ['audit', PURPOSE];

export function versionIds(infos: readonly KeyInfo[], purpose: string): readonly string[] {
  return infos.find((key) => key.purpose === purpose)?.versions.map(({id}) => id) ?? [];
}

/** Two processes on one store, with one root of trust. */
export class Administration {
  readonly fixture: HierarchyStoreFixture;
  readonly scope: string;
  readonly ours: KeyHierarchy;
  readonly theirs: KeyHierarchy;

  constructor(fixture: HierarchyStoreFixture) {
    this.fixture = fixture;
    [this.scope] = fixture.scopes;
    this.ours = this.newHierarchy();
    this.theirs = this.newHierarchy();
  }

  newHierarchy(purposes: readonly string[] = PURPOSES): KeyHierarchy {
    const roots = fixedRoots([{id: 'rw_1', wrapper: new FaultyRootWrapper()}]);
    return new KeyHierarchy({store: this.fixture.store, roots, purposes, clock: () => 1234});
  }

  async seal(): Promise<Uint8Array> {
    return (await this.ours.wrapperFor(this.scope, PURPOSE)).seal(SECRET, PLACE);
  }

  async expectOpens(blob: Uint8Array, hierarchy = this.ours): Promise<void> {
    const opened = await (await hierarchy.wrapperFor(this.scope, PURPOSE)).open(blob, PLACE);
    expect(Buffer.from(opened).equals(SECRET)).to.be.true;
  }
}

/** A fresh one for each test of the surrounding `describe`. */
export function useAdministration(create: () => Promise<HierarchyStoreFixture>): Administration {
  const t = Object.create(Administration.prototype) as Administration;
  beforeEach(async () => {
    const fixture = await create();
    await storeRoot(fixture.store, 'rw_1', new FaultyRootWrapper());
    Object.assign(t, new Administration(fixture));
  });
  afterEach(async () => {
    await t.ours.close();
    await t.theirs.close();
    await t.fixture.close();
  });
  return t;
}
