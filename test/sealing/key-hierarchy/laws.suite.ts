import {expect} from 'chai';
import fc from 'fast-check';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {KeyInUseError} from '../../../lib/sealing/sealing-errors.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PLACE, storeRoot} from './fixture.ts';
import type {HierarchyStoreFixture, KeyHierarchySuiteOptions} from './key-hierarchy.suite.ts';

const PURPOSES = ['audit', 'key-material'] as const;

interface SealedRecord {
  readonly scope: string;
  readonly purpose: string;
  readonly text: string;
  blob: Uint8Array;
  dataKeyVersionId: string;
}

const STEP = fc.record({
  what: fc.constantFrom(
    'rotate',
    'rewrap',
    'revoke',
    'seal',
    'seal',
    'reseal',
    'delete',
    'refresh',
    'restart',
  ),
  process: fc.nat({max: 1}),
  scope: fc.nat({max: 1}),
  choice: fc.nat(),
});
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

/** An application with two processes on one store, and what it must find true after every step. */
class Application {
  readonly #fixture: HierarchyStoreFixture;
  readonly #processes: KeyHierarchy[];
  readonly #records: SealedRecord[] = [];

  constructor(fixture: HierarchyStoreFixture) {
    this.#fixture = fixture;
    this.#processes = [this.#start(), this.#start()];
  }

  async start(): Promise<void> {
    await storeRoot(this.#fixture.store, 'rw_1', new FaultyRootWrapper());
    await this.#process(0).reconcileKeys(this.#fixture.scopes, PURPOSES);
  }

  async close(): Promise<void> {
    for (const process of this.#processes) await process.close();
    await this.#fixture.close();
  }

  async do({what, process, scope: scopeIndex, choice}: Step): Promise<void> {
    const hierarchy = this.#process(process);
    const scope = this.#fixture.scopes[scopeIndex]!;
    const record = this.#records[choice % Math.max(this.#records.length, 1)];
    switch (what) {
      case 'rotate':
        await hierarchy.rotateKeys(scope, {rewrap: choice % 3 === 0});
        return;
      case 'rewrap':
        await hierarchy.rewrapKeys(scope);
        return;
      case 'revoke':
        await this.#revoke(hierarchy, scope, choice);
        return;
      case 'seal':
        await this.#insert(hierarchy, scope, PURPOSES[choice % 2]!, choice);
        return;
      case 'reseal':
        if (record) await this.#seal(hierarchy, record);
        return;
      case 'delete':
        if (record) this.#records.splice(this.#records.indexOf(record), 1);
        await this.#store();
        return;
      case 'refresh':
        await hierarchy.refresh();
        return;
      case 'restart':
        await hierarchy.close();
        this.#processes[process] = this.#start();
    }
  }

  /** Everything that is sealed opens in every process. */
  async check(): Promise<void> {
    for (const hierarchy of this.#processes) {
      for (const {scope, purpose, text, blob} of this.#records) {
        const wrapper = await hierarchy.wrapperFor(scope, purpose);
        expect(Buffer.from(await wrapper.open(blob, PLACE)).toString()).to.equal(text);
      }
    }
  }

  async #insert(hierarchy: KeyHierarchy, scope: string, purpose: string, choice: number): Promise<void> {
    const record = {scope, purpose, text: `secret ${choice}`, blob: Buffer.from(''), dataKeyVersionId: ''};
    await this.#seal(hierarchy, record);
    this.#records.push(record);
    await this.#store();
  }

  /** As a store does: a row that names a version which is not there is refused, and its writer refreshes once. */
  async #seal(hierarchy: KeyHierarchy, record: SealedRecord): Promise<void> {
    for (const refreshed of [false, true]) {
      const wrapper = await hierarchy.wrapperFor(record.scope, record.purpose);
      const keys = await hierarchy.listKeys(record.scope);
      const there = keys.some(({versions}) => versions.some(({id}) => id === wrapper.keyId));
      if (there) {
        record.blob = await wrapper.seal(Buffer.from(record.text), PLACE);
        record.dataKeyVersionId = wrapper.keyId;
        await this.#store();
        return;
      }
      expect(refreshed, 'a refresh finds the newest version').to.be.false;
      await hierarchy.refresh();
    }
  }

  /** It is refused exactly while the version is needed. */
  async #revoke(hierarchy: KeyHierarchy, scope: string, choice: number): Promise<void> {
    const keys = await hierarchy.listKeys(scope);
    const all = keys.flatMap(({versions}) => versions.map((version) => ({version, newest: versions.at(-1)})));
    const {version, newest} = all[choice % all.length]!;
    const named = [
      ...this.#records.map(({dataKeyVersionId}) => dataKeyVersionId),
      ...all.map((each) => each.version.rootKeyVersionId),
    ];
    const needed = version === newest || named.includes(version.id);
    if (needed) await expectRejection(hierarchy.revokeKeyVersion(version.id), KeyInUseError);
    else await hierarchy.revokeKeyVersion(version.id);
    const left = await hierarchy.listKeys(scope);
    const kept = all.filter((each) => needed || each.version !== version).map((each) => each.version.id);
    expect(left.flatMap(({versions}) => versions.map(({id}) => id))).to.deep.equal(kept);
  }

  #store(): Promise<void> {
    return this.#fixture.setReferences(this.#records.map(({dataKeyVersionId}) => dataKeyVersionId));
  }

  #process(index: number): KeyHierarchy {
    return this.#processes[index]!;
  }

  #start(): KeyHierarchy {
    const roots = fixedRoots([{id: 'rw_1', wrapper: new FaultyRootWrapper()}]);
    return new KeyHierarchy({store: this.#fixture.store, roots, purposes: PURPOSES});
  }
}

/** What holds after any sequence of changes, over every backend. */
export function describeHierarchyLaws({name, create}: KeyHierarchySuiteOptions, numRuns: number): void {
  it(`KeyHierarchy over ${name}: what is sealed opens until its version is revoked, which is refused while it is needed`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, {minLength: 1, maxLength: 40}), async (steps) => {
        const application = new Application(await create());
        try {
          await application.start();
          for (const step of steps) {
            await application.do(step);
            await application.check();
          }
        } finally {
          await application.close();
        }
      }),
      {numRuns},
    );
  }).timeout(60_000);
}
