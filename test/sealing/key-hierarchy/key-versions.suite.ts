import {expect} from 'chai';
import {InvalidVersionError, KeyInUseError, KeyNotFoundError} from '../../../lib/sealing/sealing-errors.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {PURPOSE, PURPOSES, useAdministration, versionIds} from './administration-fixture.ts';
import {PLACE, SECRET} from './fixture.ts';
import type {KeyHierarchySuiteOptions} from './key-hierarchy.suite.ts';

const NO_VERSION = `kdkv_${'A'.repeat(22)}`;

/** What operators do with single versions of keys, over every backend. */
export function describeKeyVersions({name, create}: KeyHierarchySuiteOptions): void {
  describe(`Key versions over ${name}`, () => {
    const t = useAdministration(create);

    describe('revokeKeyVersion', () => {
      it('destroys a data key version that nothing refers to', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const old = await t.seal();
        const [first] = versionIds(await t.ours.rotateKeys(t.scope), PURPOSE);
        await t.ours.revokeKeyVersion(first!);
        await expectRejection(
          t.ours.wrapperFor(t.scope, PURPOSE).then((wrapper) => wrapper.open(old, PLACE)),
          SealedBlobError,
        );
        expect(versionIds(await t.ours.listKeys(t.scope), PURPOSE)).to.have.length(1);
        await expectRejection(t.ours.revokeKeyVersion(first!), KeyNotFoundError);
        await t.expectOpens(await t.seal());
      });

      it('refuses one that anything is sealed under', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const old = await t.seal();
        const [first] = versionIds(await t.ours.rotateKeys(t.scope), PURPOSE);
        await t.fixture.setReferences([first!]);
        await expectRejection(t.ours.revokeKeyVersion(first!), KeyInUseError);
        await t.expectOpens(old);
        await t.fixture.setReferences([]);
        await t.ours.revokeKeyVersion(first!);
      });

      it('refuses the newest version of any key', async () => {
        const infos = await t.ours.createKeys(t.scope, PURPOSES);
        const old = infos.map(({versions}) => versions[0]!.id);
        for (const id of old) await expectRejection(t.ours.revokeKeyVersion(id), KeyInUseError);
        await t.ours.rotateKeys(t.scope, {rewrap: true});
        for (const id of old) await t.ours.revokeKeyVersion(id);
        await t.expectOpens(await t.seal());
      });

      it('refuses a root key version until its data keys are rewrapped, and takes none with it', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const old = await t.seal();
        const [first] = versionIds(await t.ours.rotateKeys(t.scope), 'rootKey');
        await expectRejection(t.ours.revokeKeyVersion(first!), KeyInUseError);
        await t.ours.rewrapKeys(t.scope);
        await t.ours.revokeKeyVersion(first!);
        const infos = await t.ours.listKeys(t.scope);
        expect(infos.map(({versions}) => versions.length)).to.deep.equal([1, 2, 2]);
        await t.expectOpens(old, t.newHierarchy());
      });

      it('refuses what is no version’s id', async () => {
        const [root] = await t.ours.createKeys(t.scope, PURPOSES);
        for (const id of ['', 'kdkv_', root!.id, `${NO_VERSION} `, `rw_${'A'.repeat(22)}`, 'kdkv_second'])
          await expectRejection(t.ours.revokeKeyVersion(id), InvalidVersionError);
        for (const id of [NO_VERSION, `krkv_${'A'.repeat(22)}`])
          await expectRejection(t.ours.revokeKeyVersion(id), KeyNotFoundError);
      });
    });

    describe('wrapperFor a version', () => {
      it('opens what that version sealed and nothing else, and seals only under the newest', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        const old = await t.seal();
        const [first, second] = versionIds(await t.ours.rotateKeys(t.scope), PURPOSE);
        const recent = await t.seal();
        const ofFirst = await t.theirs.wrapperFor(t.scope, PURPOSE, {keyVersionId: first!});
        const ofSecond = await t.theirs.wrapperFor(t.scope, PURPOSE, {keyVersionId: second!});
        expect([ofFirst.keyId, ofSecond.keyId]).to.deep.equal([first, second]);
        expect(Buffer.from(await ofFirst.open(old, PLACE)).equals(SECRET)).to.be.true;
        expect(Buffer.from(await ofSecond.open(recent, PLACE)).equals(SECRET)).to.be.true;
        await expectRejection(ofFirst.open(recent, PLACE), SealedBlobError);
        await expectRejection(ofSecond.open(old, PLACE), SealedBlobError);
        await expectRejection(ofFirst.seal(SECRET, PLACE), InvalidVersionError);
        await t.expectOpens(await ofSecond.seal(SECRET, PLACE));
      });

      it('refuses what is not a version of that data key', async () => {
        const infos = await t.ours.createKeys(t.scope, PURPOSES);
        const of = (keyVersionId: string, purpose = PURPOSE): Promise<unknown> =>
          t.ours.wrapperFor(t.scope, purpose, {keyVersionId});
        for (const id of ['', 'x', versionIds(infos, 'rootKey')[0]!])
          await expectRejection(of(id), InvalidVersionError);
        const [id] = versionIds(infos, PURPOSE);
        for (const unknown of [of(NO_VERSION), of(id!, 'audit')])
          await expectRejection(unknown, KeyNotFoundError);
        await expectRejection(t.ours.wrapperFor('other', PURPOSE, {keyVersionId: id!}), KeyNotFoundError);
        await of(id!);
      });
    });

    describe('refresh', () => {
      it('lets the next wrapper seal with what another process rotated in', async () => {
        await t.ours.createKeys(t.scope, PURPOSES);
        await t.theirs.refresh();
        const before = await t.theirs.wrapperFor(t.scope, PURPOSE);
        const [first, second] = versionIds(await t.ours.rotateKeys(t.scope), PURPOSE);
        await t.ours.revokeKeyVersion(first!);
        expect((await t.theirs.wrapperFor(t.scope, PURPOSE)).keyId)
          .to.equal(before.keyId)
          .and.equal(first);
        await t.theirs.refresh();
        expect((await t.theirs.wrapperFor(t.scope, PURPOSE)).keyId).to.equal(second);
      });
    });

    describe('deleteScope', () => {
      it('deletes a scope’s keys, unless anything is sealed under one', async () => {
        const infos = await t.ours.createKeys(t.scope, PURPOSES);
        await t.fixture.setReferences(versionIds(infos, PURPOSE));
        await expectRejection(t.ours.deleteScope(t.scope), KeyInUseError);
        await t.expectOpens(await t.seal());
        await t.fixture.setReferences([]);
        expect(await t.ours.deleteScope(t.scope)).to.be.true;
        expect(await t.ours.deleteScope(t.scope)).to.be.false;
        await expectRejection(t.ours.wrapperFor(t.scope, PURPOSE), SealedBlobError);
        await t.ours.wrapperFor(t.scope, PURPOSE, {create: true});
      });
    });
  });
}
