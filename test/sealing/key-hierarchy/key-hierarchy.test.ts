import {inspect} from 'node:util';
import {expect} from 'chai';
import {DuplicateError, UnavailableError} from '../../../lib/errors.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PLACE, PURPOSE, SCOPE, SECRET, useHierarchy} from './fixture.ts';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {OpenedScope} from '../../../lib/sealing/key-hierarchy/opened-scope.ts';
import {ROOTS_SCOPE} from '../../../lib/sealing/scopes.ts';
import {InvalidParameterError} from '../../../lib/sealing/sealing-errors.ts';

describe('KeyHierarchy', () => {
  const t = useHierarchy();

  describe('parameters', () => {
    it('refuses scopes that cannot be one', async () => {
      for (const scope of ['', 'x'.repeat(2049), '\ud800']) {
        await expectRejection(t.hierarchy.wrapperFor(scope, PURPOSE, {create: true}), InvalidParameterError);
      }
      expect(t.store.reads).to.equal(0);
      await t.hierarchy.wrapperFor('x'.repeat(2048), PURPOSE, {create: true});
    });

    it('refuses purposes that were not declared', async () => {
      for (const purpose of ['', 'audit', 'rootKey', 'constructor']) {
        const error = await expectRejection(
          t.hierarchy.wrapperFor(SCOPE, purpose, {create: true}),
          InvalidParameterError,
        );
        expect(error.message).to.equal(`The purpose "${purpose}" was not declared.`);
      }
      expect(t.store.scopes.size).to.equal(0);
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    });

    it('refuses to declare purposes that cannot be one', () => {
      for (const purposes of [[], [''], ['a b'], ['é'], ['x'.repeat(65)], ['1st'], ['a', 'a'], ['rootKey']]) {
        expect(() => t.newHierarchy({purposes}), purposes.join()).to.throw(InvalidParameterError);
      }
      expect(() => t.newHierarchy({purposes: ['rootKey']})).to.throw('The purpose "rootKey" is reserved.');
      t.newHierarchy({purposes: ['key-material', 'audit', 'x'.repeat(64)]});
    });

    it('refuses the hierarchy’s own scope to applications', async () => {
      for (const refused of [
        t.hierarchy.wrapperFor(ROOTS_SCOPE, PURPOSE, {create: true}),
        t.hierarchy.createKeys(ROOTS_SCOPE, [PURPOSE]),
        t.hierarchy.reconcileKeys([ROOTS_SCOPE], [PURPOSE]),
        t.hierarchy.deleteScope(ROOTS_SCOPE),
      ]) {
        expect((await expectRejection(refused, InvalidParameterError)).message).to.include('own');
      }
      await t.hierarchy.rootSealerWrapper({create: true});
      expect(t.store.scopes.get(ROOTS_SCOPE)?.dataKeys.map(({purpose}) => purpose)).to.deep.equal([
        'root-sealer',
      ]);
    });
  });

  describe('a purpose that was declared after the scope was made', () => {
    beforeEach(async () => {
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      t.hierarchy = t.newHierarchy({purposes: [PURPOSE, 'audit']});
    });

    it('gets its key where keys are made on first use, and those that are there stay', async () => {
      const [before] = t.store.scopes.get(SCOPE)!.dataKeys;
      const wrapper = await t.hierarchy.wrapperFor(SCOPE, 'audit', {create: true});
      expect(Buffer.from(await wrapper.open(await wrapper.seal(SECRET, PLACE), PLACE)).equals(SECRET)).to.be
        .true;
      const after = t.store.scopes.get(SCOPE)!.dataKeys;
      expect(after.map(({purpose}) => purpose)).to.have.members([PURPOSE, 'audit']);
      expect(after.find(({purpose}) => purpose === PURPOSE)).to.deep.equal(before);
    });

    it('has nothing that could be opened', async () => {
      await expectRejection(t.hierarchy.wrapperFor(SCOPE, 'audit'), SealedBlobError);
      await t.hierarchy.wrapperFor('another scope', 'audit', {create: true});
    });
  });

  describe('insertion', () => {
    it('passes on what the store throws, and keeps nothing', async () => {
      const down = new UnavailableError('The store is down.');
      t.store.gate = async (method) => {
        if (method === 'insertScope') throw down;
      };
      expect(
        await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true}), UnavailableError),
      ).to.equal(down);
      t.store.gate = () => Promise.resolve();
      await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE), SealedBlobError);
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    });

    it('makes the scope anew where what another node stored is gone again', async () => {
      let attempts = 0;
      t.store.gate = async (method) => {
        if (method === 'insertScope' && ++attempts === 1) throw new DuplicateError('The scope has keys.');
      };
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      expect(attempts).to.equal(2);
    });

    it('is unavailable where others are always faster, and does not try for ever', async () => {
      t.store.gate = async (method) => {
        if (method === 'insertScope') throw new DuplicateError('The scope has keys.');
      };
      const error = await expectRejection(
        t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true}),
        UnavailableError,
      );
      expect(error.cause).to.be.instanceOf(DuplicateError);
      t.store.gate = () => Promise.resolve();
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    });

    it('stores no keys that do not open again', async () => {
      t.root.afterOpen = () => new Uint8Array(31);
      await expectRejection(t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true}), SealedBlobError);
      expect(t.store.scopes.size).to.equal(0);
      t.root.afterOpen = (plaintext) => plaintext;
      await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    });

    it('overwrites the new keys’ bytes', async () => {
      const seen: Uint8Array[] = [];
      t.root.afterOpen = (plaintext) => {
        seen.push(plaintext);
        return plaintext;
      };
      const seal = t.root.seal.bind(t.root);
      t.root.seal = async (plaintext, additionalData) => {
        seen.push(plaintext);
        return seal(plaintext, additionalData);
      };
      const wrapper = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      expect(await wrapper.open(await wrapper.seal(SECRET, PLACE), PLACE)).to.have.length(8);
      expect(seen.map((bytes) => Buffer.from(bytes).toString('hex'))).to.deep.equal([
        '00'.repeat(32),
        '00'.repeat(32),
      ]);
    });
  });

  describe('close', () => {
    it('makes everything unavailable, also what was given out, and leaves the roots to their owner', async () => {
      const wrapper = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
      const blob = await wrapper.seal(SECRET, PLACE);
      await t.hierarchy.close();
      for (const use of [
        wrapper.seal(SECRET, PLACE),
        wrapper.open(blob, PLACE),
        t.hierarchy.wrapperFor(SCOPE, PURPOSE),
        t.hierarchy.check(),
      ]) {
        const error = await expectRejection(use, UnavailableError);
        expect(error.message).to.equal('The keys are closed.');
      }
      expect(t.root.calls.close).to.equal(0);
    });

    it('also stops what is under way', async () => {
      await t.newHierarchy().wrapperFor(SCOPE, PURPOSE, {create: true});
      const held = Promise.withResolvers<undefined>();
      t.store.gate = () => held.promise;
      const late = t.hierarchy.wrapperFor(SCOPE, PURPOSE);
      await t.hierarchy.close();
      held.resolve(undefined);
      await expectRejection(late, UnavailableError);
    });
  });

  it('prints as [redacted], as does all it gives out', async () => {
    const wrapper = await t.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    const opened = new OpenedScope(t.store.scopes.get(SCOPE)!, fixedRoots([{id: 'rw_1', wrapper: t.root}]));
    expect(JSON.stringify([t.hierarchy, wrapper, opened])).to.equal(
      '["[redacted]","[redacted]","[redacted]"]',
    );
    expect(inspect([t.hierarchy, wrapper, opened], {showHidden: true, depth: 9})).to.include(
      'KeyHierarchy [redacted]',
    );
    expect(inspect(wrapper)).to.equal('PooledWrapper [redacted]');
    expect(inspect(opened)).to.equal('OpenedScope [redacted]');
  });
});
