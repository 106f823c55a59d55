import {expect} from 'chai';
import {describeStore, plain, type StoreSuiteOptions} from './store-suite.ts';
import {expectAgain, expectMade} from './writes/expect-write.ts';
import {STORE_WRITES} from './writes/store-writes.ts';

/** What a client, or who recovers, may count on that asks for a change once more. */
export function describeRepeatedWrites(options: StoreSuiteOptions): void {
  describeStore('every write', options, (test) => {
    for (const [name, write] of Object.entries(STORE_WRITES)) {
      test(`${name} may be repeated, here and elsewhere`, async ({stores, other}) => {
        const prepared = await write.prepare(stores);
        expect(plain(await prepared.look(other)), 'before').not.to.deep.equal(prepared.made);
        expect(await prepared.run(stores)).to.deep.equal(prepared.gives);
        await expectMade(prepared, other);
        await expectAgain(prepared, other);
        await expectMade(prepared, stores, {times: 2});
      });
    }
  });
}
