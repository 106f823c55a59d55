import {expect} from 'chai';
import {InvalidParameterError, KeyNotFoundError} from '../../../lib/sealing/sealing-errors.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PURPOSE, PURPOSES, useAdministration, versionIds} from './administration-fixture.ts';
import type {KeyHierarchySuiteOptions} from './key-hierarchy.suite.ts';

/** What operators do with the keys of scopes, over every backend. */
export function describeKeyAdministration({name, create}: KeyHierarchySuiteOptions): void {
  describe(`KeyAdministration over ${name}`, () => {
    const t = useAdministration(create);

    describe('createKeys and listKeys', () => {
      it('make and show a root key and a data key per purpose', async () => {
        const infos = await t.ours.createKeys(t.scope, PURPOSES);
        expect(infos.map(({purpose}) => purpose)).to.deep.equal(['rootKey', 'audit', 'key-material']);
        const [root, ...others] = infos;
        expect(root?.id).to.match(/^krk_/);
        expect(root?.versions.map(({version, createdAt}) => [version, createdAt])).to.deep.equal([[1, 1234]]);
        for (const {id, versions} of others) {
          expect(id).to.match(/^kdk_/);
          expect(versions).to.have.length(1);
          expect(versions[0]).to.include({
            version: 1,
            createdAt: 1234,
            rootKeyVersionId: root!.versions[0]!.id,
          });
        }
        expect(await t.theirs.listKeys(t.scope)).to.deep.equal(infos);
      });

      it('leave what is there as it is, and make what is missing', async () => {
        const [root, audit] = await t.ours.createKeys(t.scope, ['audit']);
        expect(await t.ours.createKeys(t.scope, ['audit'])).to.deep.equal([root, audit]);
        const infos = await t.ours.createKeys(t.scope, PURPOSES);
        expect(infos.slice(0, 2)).to.deep.equal([root, audit]);
        expect(infos).to.have.length(3);
        await t.expectOpens(await t.seal());
      });

      it('refuse what cannot be a scope or was not declared as a purpose', async () => {
        for (const bad of ['', 'x'.repeat(2049), undefined as unknown as string])
          await expectRejection(t.ours.createKeys(bad, PURPOSES), InvalidParameterError);
        for (const purposes of [[], [''], ['rootKey'], ['other'], ['audit', 'audit']])
          await expectRejection(t.ours.createKeys(t.scope, purposes), InvalidParameterError);
        await expectRejection(t.ours.listKeys(''), InvalidParameterError);
        await expectRejection(t.ours.listKeys(t.scope), KeyNotFoundError);
        await t.ours.createKeys(t.scope, PURPOSES);
        await t.ours.listKeys(t.scope);
      });

      it('of two processes at once make one set', async () => {
        const [a, b] = await Promise.all(
          [t.ours, t.theirs].map((each) => each.createKeys(t.scope, PURPOSES)),
        );
        expect(a).to.deep.equal(b);
      });
    });

    describe('rotateKeys', () => {
      it('adds a version of the root key and of every data key, used from then on', async () => {
        const before = await t.ours.createKeys(t.scope, PURPOSES);
        const old = await t.seal();
        const after = await t.ours.rotateKeys(t.scope);
        const rootVersions = versionIds(after, 'rootKey');
        expect(rootVersions).to.have.length(2);
        for (const [i, key] of after.entries()) {
          expect(key.versions.map(({version}) => version)).to.deep.equal([1, 2]);
          expect(key.versions[0]).to.deep.equal(before[i]!.versions[0]);
          if (i > 0) expect(key.versions[1]?.rootKeyVersionId).to.equal(rootVersions[1]);
        }
        const wrapper = await t.ours.wrapperFor(t.scope, PURPOSE);
        expect(wrapper.keyId).to.equal(versionIds(after, PURPOSE)[1]);
        await t.expectOpens(old);
        await t.expectOpens(await t.seal());
      });

      it('of several nodes at once makes a version each, and none fails', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        await Promise.all(
          [t.ours, t.theirs, t.ours, t.theirs, t.ours].map((each) => each.rotateKeys(t.scope)),
        );
        const infos = await t.ours.listKeys(t.scope);
        for (const {versions} of infos)
          expect(versions.map(({version}) => version)).to.deep.equal([1, 2, 3, 4, 5, 6]);
        await t.expectOpens(await t.seal(), t.newHierarchy());
      });

      it('with rewrap leaves nothing under the old root key version', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const old = await t.seal();
        const infos = await t.ours.rotateKeys(t.scope, {rewrap: true});
        const [first, newest] = versionIds(infos, 'rootKey');
        for (const {versions} of infos.slice(1))
          expect(versions.map(({rootKeyVersionId}) => rootKeyVersionId)).to.deep.equal([newest, newest]);
        await t.ours.revokeKeyVersion(first!);
        await t.expectOpens(old);
        await t.expectOpens(old, t.newHierarchy());
      });

      it('rotates data keys of purposes that are no longer declared', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const infos = await t.newHierarchy([PURPOSE]).rotateKeys(t.scope);
        expect(versionIds(infos, 'audit')).to.have.length(2);
      });

      it('refuses a scope that has no keys', async () => {
        await expectRejection(t.ours.rotateKeys(t.scope), KeyNotFoundError);
        await expectRejection(t.ours.rotateKeys(''), InvalidParameterError);
        await t.ours.createKeys(t.scope, PURPOSES);
        await t.ours.rotateKeys(t.scope);
      });
    });

    describe('rewrapKeys', () => {
      it('seals the data key versions under the newest root key version, once', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const blobs = [await t.seal()];
        for (let i = 0; i < 2; i++) {
          await t.ours.rotateKeys(t.scope);
          blobs.push(await t.seal());
        }
        expect(await t.ours.rewrapKeys(t.scope)).to.equal(4);
        expect(await t.ours.rewrapKeys(t.scope)).to.equal(0);
        for (const hierarchy of [t.ours, t.theirs])
          for (const blob of blobs) await t.expectOpens(blob, hierarchy);
      });

      it('of several nodes at once seals each once', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const old = await t.seal();
        await t.ours.rotateKeys(t.scope);
        const counts = await Promise.all(
          [t.ours, t.theirs, t.theirs].map((each) => each.rewrapKeys(t.scope)),
        );
        expect(counts.reduce((sum, count) => sum + count)).to.equal(2);
        await t.expectOpens(old, t.newHierarchy());
      });

      it('refuses a scope that has no keys', async () => {
        await expectRejection(t.ours.rewrapKeys(t.scope), KeyNotFoundError);
        await t.ours.createKeys(t.scope, PURPOSES);
        expect(await t.ours.rewrapKeys(t.scope)).to.equal(0);
      });
    });

    describe('reconcileKeys', () => {
      it('makes what is missing, and says in how many scopes', async () => {
        const [one, two] = t.fixture.scopes;
        await t.ours.createKeys(one, ['audit']);
        async function* scopes(): AsyncGenerator<string> {
          yield* [one, two];
        }
        expect(await t.ours.reconcileKeys(scopes(), PURPOSES)).to.equal(2);
        expect(await t.ours.reconcileKeys([one, two], PURPOSES)).to.equal(0);
        for (const each of t.fixture.scopes) expect(await t.theirs.listKeys(each)).to.have.length(3);
      });

      it('goes through more scopes than a batch', async () => {
        const scopes = Array.from({length: 100}, (_, i) => `${t.scope}/${i}`);
        expect(await t.ours.reconcileKeys(scopes, PURPOSES)).to.equal(100);
        expect(await t.theirs.reconcileKeys([...scopes, t.scope], PURPOSES)).to.equal(1);
      });

      it('refuses scopes that cannot be one, and purposes that were not declared', async () => {
        await expectRejection(t.ours.reconcileKeys([''], PURPOSES), InvalidParameterError);
        await expectRejection(t.ours.reconcileKeys([t.scope], ['other']), InvalidParameterError);
        expect(await t.ours.reconcileKeys([], PURPOSES)).to.equal(0);
      });
    });

    it('validates the schema, and lists what refers to data key versions', async () => {
      await t.ours.validateSchema();
      const referencers = await t.ours.listDataKeyVersionReferencers();
      expect(referencers.length).to.be.greaterThan(0);
      expect(referencers.every(({restricts}) => restricts)).to.be.true;
    });
  });
}
