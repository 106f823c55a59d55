import {expect} from 'chai';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import type {KeyInfo} from '../../../lib/sealing/key-administration.ts';
import {
  InvalidParameterError,
  InvalidVersionError,
  KeyInUseError,
  KeyNotFoundError,
} from '../../../lib/sealing/sealing-errors.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {PLACE, SECRET, storeRoot} from './fixture.ts';
import type {HierarchyStoreFixture, KeyHierarchySuiteOptions} from './key-hierarchy.suite.ts';

const PURPOSES = ['audit', 'key-material'];
const PURPOSE = 'key-material';
const NO_VERSION = `kdkv_${'A'.repeat(22)}`;

const versionIds = (infos: readonly KeyInfo[], purpose: string): readonly string[] =>
  infos.find((key) => key.purpose === purpose)?.versions.map(({id}) => id) ?? [];

/** What operators do with the keys, over every backend. */
export function describeKeyAdministration({name, create}: KeyHierarchySuiteOptions): void {
  describe(`KeyAdministration over ${name}`, () => {
    let fixture: HierarchyStoreFixture;
    let scope: string;
    let ours: KeyHierarchy;
    let theirs: KeyHierarchy;

    const newHierarchy = (purposes: readonly string[] = PURPOSES): KeyHierarchy => {
      const roots = fixedRoots([{id: 'rw_1', wrapper: new FaultyRootWrapper()}]);
      return new KeyHierarchy({store: fixture.store, roots, purposes, clock: () => 1234});
    };
    const seal = async (hierarchy = ours): Promise<Uint8Array> =>
      (await hierarchy.wrapperFor(scope, PURPOSE)).seal(SECRET, PLACE);
    const expectOpens = async (blob: Uint8Array, hierarchy = ours): Promise<void> => {
      const opened = await (await hierarchy.wrapperFor(scope, PURPOSE)).open(blob, PLACE);
      expect(Buffer.from(opened).equals(SECRET)).to.be.true;
    };

    beforeEach(async () => {
      fixture = await create();
      [scope] = fixture.scopes;
      await storeRoot(fixture.store, 'rw_1', new FaultyRootWrapper());
      ours = newHierarchy();
      theirs = newHierarchy();
    });
    afterEach(async () => {
      await ours.close();
      await theirs.close();
      await fixture.close();
    });

    describe('createKeys and listKeys', () => {
      it('make and show a root key and a data key per purpose', async () => {
        const infos = await ours.createKeys(scope, PURPOSES);
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
        expect(await theirs.listKeys(scope)).to.deep.equal(infos);
      });

      it('leave what is there as it is, and make what is missing', async () => {
        const [root, audit] = await ours.createKeys(scope, ['audit']);
        expect(await ours.createKeys(scope, ['audit'])).to.deep.equal([root, audit]);
        const infos = await ours.createKeys(scope, PURPOSES);
        expect(infos.slice(0, 2)).to.deep.equal([root, audit]);
        expect(infos).to.have.length(3);
        await expectOpens(await seal());
      });

      it('refuse what cannot be a scope or was not declared as a purpose', async () => {
        for (const bad of ['', 'x'.repeat(2049), undefined as unknown as string])
          await expectRejection(ours.createKeys(bad, PURPOSES), InvalidParameterError);
        for (const purposes of [[], [''], ['rootKey'], ['other'], ['audit', 'audit']])
          await expectRejection(ours.createKeys(scope, purposes), InvalidParameterError);
        await expectRejection(ours.listKeys(''), InvalidParameterError);
        await expectRejection(ours.listKeys(scope), KeyNotFoundError);
        await ours.createKeys(scope, PURPOSES);
        await ours.listKeys(scope);
      });

      it('of two processes at once make one set', async () => {
        const [a, b] = await Promise.all([ours, theirs].map((each) => each.createKeys(scope, PURPOSES)));
        expect(a).to.deep.equal(b);
      });
    });

    describe('rotateKeys', () => {
      it('adds a version of the root key and of every data key, used from then on', async () => {
        const before = await ours.createKeys(scope, PURPOSES);
        const old = await seal();
        const after = await ours.rotateKeys(scope);
        const rootVersions = versionIds(after, 'rootKey');
        expect(rootVersions).to.have.length(2);
        for (const [i, key] of after.entries()) {
          expect(key.versions.map(({version}) => version)).to.deep.equal([1, 2]);
          expect(key.versions[0]).to.deep.equal(before[i]!.versions[0]);
          if (i > 0) expect(key.versions[1]?.rootKeyVersionId).to.equal(rootVersions[1]);
        }
        const wrapper = await ours.wrapperFor(scope, PURPOSE);
        expect(wrapper.keyId).to.equal(versionIds(after, PURPOSE)[1]);
        await expectOpens(old);
        await expectOpens(await seal());
      });

      it('of several nodes at once makes a version each, and none fails', async () => {
        await ours.createKeys(scope, PURPOSES);
        await Promise.all([ours, theirs, ours, theirs, ours].map((each) => each.rotateKeys(scope)));
        const infos = await ours.listKeys(scope);
        for (const {versions} of infos)
          expect(versions.map(({version}) => version)).to.deep.equal([1, 2, 3, 4, 5, 6]);
        await expectOpens(await seal(), newHierarchy());
      });

      it('with rewrap leaves nothing under the old root key version', async () => {
        await ours.createKeys(scope, PURPOSES);
        const old = await seal();
        const infos = await ours.rotateKeys(scope, {rewrap: true});
        const [first, newest] = versionIds(infos, 'rootKey');
        for (const {versions} of infos.slice(1))
          expect(versions.map(({rootKeyVersionId}) => rootKeyVersionId)).to.deep.equal([newest, newest]);
        await ours.revokeKeyVersion(first!);
        await expectOpens(old);
        await expectOpens(old, newHierarchy());
      });

      it('rotates data keys of purposes that are no longer declared', async () => {
        await ours.createKeys(scope, PURPOSES);
        const infos = await newHierarchy([PURPOSE]).rotateKeys(scope);
        expect(versionIds(infos, 'audit')).to.have.length(2);
      });

      it('refuses a scope that has no keys', async () => {
        await expectRejection(ours.rotateKeys(scope), KeyNotFoundError);
        await expectRejection(ours.rotateKeys(''), InvalidParameterError);
        await ours.createKeys(scope, PURPOSES);
        await ours.rotateKeys(scope);
      });
    });

    describe('rewrapKeys', () => {
      it('seals the data key versions under the newest root key version, once', async () => {
        await ours.createKeys(scope, PURPOSES);
        const blobs = [await seal()];
        for (let i = 0; i < 2; i++) {
          await ours.rotateKeys(scope);
          blobs.push(await seal());
        }
        expect(await ours.rewrapKeys(scope)).to.equal(4);
        expect(await ours.rewrapKeys(scope)).to.equal(0);
        for (const hierarchy of [ours, theirs]) for (const blob of blobs) await expectOpens(blob, hierarchy);
      });

      it('of several nodes at once seals each once', async () => {
        await ours.createKeys(scope, PURPOSES);
        const old = await seal();
        await ours.rotateKeys(scope);
        const counts = await Promise.all([ours, theirs, theirs].map((each) => each.rewrapKeys(scope)));
        expect(counts.reduce((sum, count) => sum + count)).to.equal(2);
        await expectOpens(old, newHierarchy());
      });

      it('refuses a scope that has no keys', async () => {
        await expectRejection(ours.rewrapKeys(scope), KeyNotFoundError);
        await ours.createKeys(scope, PURPOSES);
        expect(await ours.rewrapKeys(scope)).to.equal(0);
      });
    });

    describe('revokeKeyVersion', () => {
      it('destroys a data key version that nothing refers to', async () => {
        await ours.createKeys(scope, PURPOSES);
        const old = await seal();
        const [first] = versionIds(await ours.rotateKeys(scope), PURPOSE);
        await ours.revokeKeyVersion(first!);
        await expectRejection(
          ours.wrapperFor(scope, PURPOSE).then((wrapper) => wrapper.open(old, PLACE)),
          SealedBlobError,
        );
        expect(versionIds(await ours.listKeys(scope), PURPOSE)).to.have.length(1);
        await expectRejection(ours.revokeKeyVersion(first!), KeyNotFoundError);
        await expectOpens(await seal());
      });

      it('refuses one that anything is sealed under', async () => {
        await ours.createKeys(scope, PURPOSES);
        const old = await seal();
        const [first] = versionIds(await ours.rotateKeys(scope), PURPOSE);
        await fixture.setReferences([first!]);
        await expectRejection(ours.revokeKeyVersion(first!), KeyInUseError);
        await expectOpens(old);
        await fixture.setReferences([]);
        await ours.revokeKeyVersion(first!);
      });

      it('refuses the newest version of any key', async () => {
        const infos = await ours.createKeys(scope, PURPOSES);
        const old = infos.map(({versions}) => versions[0]!.id);
        for (const id of old) await expectRejection(ours.revokeKeyVersion(id), KeyInUseError);
        await ours.rotateKeys(scope, {rewrap: true});
        for (const id of old) await ours.revokeKeyVersion(id);
        await expectOpens(await seal());
      });

      it('refuses a root key version until its data keys are rewrapped, and takes none with it', async () => {
        await ours.createKeys(scope, PURPOSES);
        const old = await seal();
        const [first] = versionIds(await ours.rotateKeys(scope), 'rootKey');
        await expectRejection(ours.revokeKeyVersion(first!), KeyInUseError);
        await ours.rewrapKeys(scope);
        await ours.revokeKeyVersion(first!);
        const infos = await ours.listKeys(scope);
        expect(infos.map(({versions}) => versions.length)).to.deep.equal([1, 2, 2]);
        await expectOpens(old, newHierarchy());
      });

      it('refuses what is no version’s id', async () => {
        const [root] = await ours.createKeys(scope, PURPOSES);
        for (const id of ['', 'kdkv_', root!.id, `${NO_VERSION} `, `rw_${'A'.repeat(22)}`, 'kdkv_second'])
          await expectRejection(ours.revokeKeyVersion(id), InvalidVersionError);
        for (const id of [NO_VERSION, `krkv_${'A'.repeat(22)}`])
          await expectRejection(ours.revokeKeyVersion(id), KeyNotFoundError);
      });
    });

    describe('reconcileKeys', () => {
      it('makes what is missing, and says in how many scopes', async () => {
        const [one, two] = fixture.scopes;
        await ours.createKeys(one, ['audit']);
        async function* scopes(): AsyncGenerator<string> {
          yield* [one, two];
        }
        expect(await ours.reconcileKeys(scopes(), PURPOSES)).to.equal(2);
        expect(await ours.reconcileKeys([one, two], PURPOSES)).to.equal(0);
        for (const each of fixture.scopes) expect(await theirs.listKeys(each)).to.have.length(3);
      });

      it('goes through more scopes than a batch', async () => {
        const scopes = Array.from({length: 100}, (_, i) => `${scope}/${i}`);
        expect(await ours.reconcileKeys(scopes, PURPOSES)).to.equal(100);
        expect(await theirs.reconcileKeys([...scopes, scope], PURPOSES)).to.equal(1);
      });

      it('refuses scopes that cannot be one, and purposes that were not declared', async () => {
        await expectRejection(ours.reconcileKeys([''], PURPOSES), InvalidParameterError);
        await expectRejection(ours.reconcileKeys([scope], ['other']), InvalidParameterError);
        expect(await ours.reconcileKeys([], PURPOSES)).to.equal(0);
      });
    });

    describe('wrapperFor a version', () => {
      it('opens what that version sealed and nothing else, and seals only under the newest', async () => {
        await ours.createKeys(scope, PURPOSES);
        const old = await seal();
        const [first, second] = versionIds(await ours.rotateKeys(scope), PURPOSE);
        const recent = await seal();
        const ofFirst = await theirs.wrapperFor(scope, PURPOSE, {keyVersionId: first!});
        const ofSecond = await theirs.wrapperFor(scope, PURPOSE, {keyVersionId: second!});
        expect([ofFirst.keyId, ofSecond.keyId]).to.deep.equal([first, second]);
        expect(Buffer.from(await ofFirst.open(old, PLACE)).equals(SECRET)).to.be.true;
        expect(Buffer.from(await ofSecond.open(recent, PLACE)).equals(SECRET)).to.be.true;
        await expectRejection(ofFirst.open(recent, PLACE), SealedBlobError);
        await expectRejection(ofSecond.open(old, PLACE), SealedBlobError);
        await expectRejection(ofFirst.seal(SECRET, PLACE), InvalidVersionError);
        await expectOpens(await ofSecond.seal(SECRET, PLACE));
      });

      it('refuses what is not a version of that data key', async () => {
        const infos = await ours.createKeys(scope, PURPOSES);
        const of = (keyVersionId: string, purpose = PURPOSE): Promise<unknown> =>
          ours.wrapperFor(scope, purpose, {keyVersionId});
        for (const id of ['', 'x', versionIds(infos, 'rootKey')[0]!])
          await expectRejection(of(id), InvalidVersionError);
        const [id] = versionIds(infos, PURPOSE);
        for (const unknown of [of(NO_VERSION), of(id!, 'audit')])
          await expectRejection(unknown, KeyNotFoundError);
        await expectRejection(ours.wrapperFor('other', PURPOSE, {keyVersionId: id!}), KeyNotFoundError);
        await of(id!);
      });
    });

    describe('refresh', () => {
      it('lets the next wrapper seal with what another process rotated in', async () => {
        await ours.createKeys(scope, PURPOSES);
        await theirs.refresh();
        const before = await theirs.wrapperFor(scope, PURPOSE);
        const [first, second] = versionIds(await ours.rotateKeys(scope), PURPOSE);
        await ours.revokeKeyVersion(first!);
        expect((await theirs.wrapperFor(scope, PURPOSE)).keyId)
          .to.equal(before.keyId)
          .and.equal(first);
        await theirs.refresh();
        expect((await theirs.wrapperFor(scope, PURPOSE)).keyId).to.equal(second);
      });
    });

    describe('deleteScope', () => {
      it('deletes a scope’s keys, unless anything is sealed under one', async () => {
        const infos = await ours.createKeys(scope, PURPOSES);
        await fixture.setReferences(versionIds(infos, PURPOSE));
        await expectRejection(ours.deleteScope(scope), KeyInUseError);
        await expectOpens(await seal());
        await fixture.setReferences([]);
        expect(await ours.deleteScope(scope)).to.be.true;
        expect(await ours.deleteScope(scope)).to.be.false;
        await expectRejection(ours.wrapperFor(scope, PURPOSE), SealedBlobError);
        await ours.wrapperFor(scope, PURPOSE, {create: true});
      });
    });

    it('validates the schema, and lists what refers to data key versions', async () => {
      await ours.validateSchema();
      const referencers = await ours.listDataKeyVersionReferencers();
      expect(referencers.length).to.be.greaterThan(0);
      expect(referencers.every(({restricts}) => restricts)).to.be.true;
    });
  });
}
