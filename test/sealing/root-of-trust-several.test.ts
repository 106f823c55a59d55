import {rename, rm, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import type {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import type {RootWrapper} from '../../lib/sealing/root-wrapper.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {PassphraseWrapper} from '../../lib/sealing/wrappers/passphrase-wrapper.ts';
import {ShamirWrapper} from '../../lib/sealing/wrappers/shamir-wrapper.ts';
import type {RootWrapperState} from '../../lib/storage/key-hierarchy-store.ts';
import {expectRejection} from './expect-rejection.ts';
import {useRootOfTrust} from './root-of-trust-fixture.ts';
import {vouchForRoots} from './vouch-for-roots.ts';

describe('RootOfTrust of several roots', () => {
  const t = useRootOfTrust();
  const first = (): string => t.uri('first.key');

  let known: RootWrapper[] = [];

  const list = async (wrapper: RootWrapper, state: RootWrapperState = 'active'): Promise<string> => {
    const id = `rw_${t.store.rootWrappers.length}`;
    t.store.rootWrappers.push({id, uri: wrapper.uri, wrapperKeyId: wrapper.keyId, createdAt: 2, state});
    known.push(wrapper);
    await vouchForRoots(t.store, known);
    return id;
  };
  const listFile = async (name: string, state?: RootWrapperState): Promise<string> =>
    list(await FileWrapper.create(t.uri(name)), state);
  const open = (root: RootOfTrust): boolean[] => root.status().map((status) => status.open);
  const logged = (): string[] => t.lines.map(({level, message}) => `${level}: ${message}`);

  beforeEach(async () => {
    await t.open(first());
    known = [await FileWrapper.open(first())];
    await listFile('second.key');
    t.lines = [];
  });

  it('opens every one that it can, and any one is enough', async () => {
    expect(open(await t.open(first()))).to.deep.equal([true, true]);
    expect(logged()).to.deep.equal([]);
    for (const [name, expected] of [
      ['first.key', [false, true]],
      ['second.key', [true, false]],
    ] as const) {
      await rename(t.path(name), t.path('away'));
      t.lines = [];
      const root = await t.open(first());
      expect(root.isSealed()).to.be.false;
      expect(open(root)).to.deep.equal(expected);
      expect(root.opened().map(({wrapper}) => wrapper.uri)).to.not.include(t.uri(name));
      expect(root.status().find((status) => !status.open)?.reason).to.include(t.path(name));
      expect(logged()).to.deep.equal(['warn: a root of trust cannot be opened']);
      await rename(t.path('away'), t.path(name));
    }
  });

  it('does not start where none opens, says why of all, and makes none', async () => {
    await rm(t.path('first.key'));
    await writeFile(t.path('second.key'), 'not a key', {mode: 0o600});
    const records = structuredClone(t.store.rootWrappers);
    const error = await t.refusal(first());
    expect(error.message)
      .to.include('None of the 2 roots of trust can be opened.')
      .and.include(`${t.path('first.key')} does not exist`)
      .and.include(t.path('second.key'));
    expect(t.store.rootWrappers).to.deep.equal(records);
    await rm(t.path('second.key'));
    expect((await t.refusal(first())).reason).to.equal('missing');
  });

  it('starts sealed where none opens but one is in shares', async () => {
    const {wrapper, shares} = await ShamirWrapper.split('shamir:2-of-2');
    await list(wrapper);
    for (const name of ['first.key', 'second.key']) await rename(t.path(name), t.path(`${name}.away`));
    const root = await t.open(first());
    expect(root.isSealed()).to.be.true;
    expect(logged()).to.deep.equal([
      'warn: a root of trust cannot be opened',
      'warn: a root of trust cannot be opened',
      'info: a root of trust is not at hand',
      'warn: sealed: no root of trust opens without shares; give them to: webkms admin unseal',
    ]);
    // What lies where it should again needs no shares.
    await rename(t.path('second.key.away'), t.path('second.key'));
    await root.unsealStored();
    expect(open(root)).to.deep.equal([false, true, false]);
    for (const share of shares) await root.offerShare(share);
    expect(open(root)).to.deep.equal([false, true, true]);
    expect(root.isSealed()).to.be.false;
  });

  it('is not open by a root alone that is being added or retired', async () => {
    t.store.rootWrappers[1] = {...t.store.rootWrappers[1]!, state: 'adding'};
    const root = await t.open(first());
    expect(root.opened()).to.have.length(2);
    await rename(t.path('first.key'), t.path('away'));
    expect((await t.refusal(first())).reason).to.equal('missing');
    t.store.rootWrappers[1] = {...t.store.rootWrappers[1], state: 'retiring'};
    expect((await t.refusal(first())).reason).to.equal('missing');
    await rename(t.path('away'), t.path('first.key'));
    const retiring = await t.open(first());
    expect(retiring.opened()).to.have.length(1);
    expect(retiring.status()[1]).to.include({open: false, reason: 'It is being retired.'});
  });

  it('finds one that has moved to where the setting says, and does not mind the others', async () => {
    await rename(t.path('second.key'), t.path('moved.key'));
    const root = await t.open(t.uri('moved.key'));
    expect(open(root)).to.deep.equal([true, true]);
    expect(root.opened()[1]?.wrapper.uri).to.equal(t.uri('moved.key'));
    expect(logged()).to.include('info: the root of trust has moved: using the place that the setting names');
  });

  it('asks nobody for a passphrase while another root opens, unless that is what is asked for', async () => {
    const PASSPHRASE = 'correct horse battery staple';
    t.secretSource.answers.push(PASSPHRASE, PASSPHRASE);
    const made = await PassphraseWrapper.create('passphrase:prompt', t.secretSource.access());
    const id = await list(made);
    t.store.rootWrappers[2] = {...t.store.rootWrappers[2]!, parameters: made.parameters};
    t.secretSource.questions.length = 0;
    const root = await t.open(first());
    expect(open(root)).to.deep.equal([true, true, false]);
    expect(root.status()[2]?.reason).to.include('Nobody was asked').and.include('webkms admin unseal');
    expect(t.secretSource.questions).to.deep.equal([]);
    expect(logged()).to.deep.equal(['info: a root of trust is not at hand']);
    t.secretSource.answers.push(PASSPHRASE);
    await root.unsealStored({secretSource: t.secretSource});
    expect(root.opened().map((opened) => opened.id)).to.include(id);
    for (const name of ['first.key', 'second.key']) await rm(t.path(name));
    t.secretSource.answers.push(PASSPHRASE);
    expect(open(await t.open(first()))).to.deep.equal([false, false, true]);
    t.secretSource.answers.push(PASSPHRASE);
    expect(open(await t.open('passphrase:prompt'))).to.deep.equal([false, false, true]);
  });

  it('refuses a foreign key in the place of one, and uses the other', async () => {
    await rm(t.path('second.key'));
    await FileWrapper.create(t.uri('second.key'));
    const root = await t.open(first());
    expect(open(root)).to.deep.equal([true, false]);
    expect(root.status()[1]?.reason).to.include('is not the one that the store was sealed with');
  });

  describe('when the store is read again', () => {
    it('opens what another process added, and closes what it retired', async () => {
      const root = await t.open(first());
      const third = await listFile('third.key', 'adding');
      await root.refresh();
      expect(root.opened().map(({id}) => id)).to.include(third);
      const [, second] = root.opened();
      t.store.rootWrappers[1] = {...t.store.rootWrappers[1]!, state: 'retiring'};
      await root.refresh();
      expect(root.opened().map(({id}) => id)).to.not.include(second?.id);
      await expectRejection(
        second?.wrapper.seal(new Uint8Array(1), new Uint8Array(0)) ?? Promise.resolve(),
        UnavailableError,
      );
      t.store.rootWrappers.splice(1, 1);
      await root.refresh();
      expect(root.status()).to.have.length(2);
    });

    it('tries one that it could not open no more, until it is told to', async () => {
      await rename(t.path('second.key'), t.path('away'));
      const root = await t.open(first());
      await rename(t.path('away'), t.path('second.key'));
      t.lines = [];
      await root.refresh();
      expect(open(root)).to.deep.equal([true, false]);
      expect(logged()).to.deep.equal([]);
      await root.unsealStored();
      expect(open(root)).to.deep.equal([true, true]);
    });

    it('is as before where the store cannot be reached', async () => {
      const root = await t.open(first());
      t.store.gate = () => Promise.reject(new UnavailableError('The store is down.'));
      await expectRejection(root.refresh(), UnavailableError);
      expect(open(root)).to.deep.equal([true, true]);
      t.store.gate = () => Promise.resolve();
      await root.refresh();
    });
  });

  describe('when it is sealed', () => {
    it('closes all, opens none when the store is read, and opens them again when told to', async () => {
      const root = await t.open(first());
      const changes: boolean[] = [];
      const stop = root.onSealedChange((sealed) => changes.push(sealed));
      const wrappers = root.opened().map(({wrapper}) => wrapper);
      await root.seal();
      for (const wrapper of wrappers)
        await expectRejection(wrapper.seal(new Uint8Array(1), new Uint8Array(0)), UnavailableError);
      await listFile('third.key');
      await root.refresh();
      expect(root.opened()).to.deep.equal([]);
      expect(root.status().map(({reason}) => reason)).to.deep.equal(Array(3).fill('Sealed by an operator.'));
      await root.seal();
      await root.unsealStored();
      expect(open(root)).to.deep.equal([true, true, true]);
      expect(changes).to.deep.equal([true, false]);
      stop();
      await root.seal();
      expect(changes).to.have.length(2);
    });

    it('by shares opens, and then the others too', async () => {
      const {wrapper, shares} = await ShamirWrapper.split('shamir:2-of-2');
      await list(wrapper);
      const root = await t.open(first());
      await root.seal();
      for (const share of shares) await root.offerShare(share);
      expect(open(root)).to.deep.equal([false, false, true]);
      await root.refresh();
      expect(open(root)).to.deep.equal([true, true, true]);
    });

    it('by shares opens a root that nothing vouches for, and refuses it while another is in use', async () => {
      const {wrapper, shares} = await ShamirWrapper.split('shamir:2-of-2');
      const id = await list(wrapper);
      const {uri, wrapperKeyId, createdAt, state} = t.store.rootWrappers[2]!;
      t.store.rootWrappers[2] = {id, uri, wrapperKeyId, createdAt, state};
      const root = await t.open(first());
      await root.offerShare(shares[0]!);
      const error = await expectRejection(root.offerShare(shares[1]!), RootOfTrustError);
      expect(error.reason).to.equal('not-vouched');
      expect(error.message).to.include(id);
      expect(open(root)).to.deep.equal([true, true, false]);
      await root.seal();
      for (const share of shares) await root.offerShare(share);
      expect(root.isSealed()).to.be.false;
    });

    it('asks nobody for a passphrase when it is opened again', async () => {
      t.secretSource.answers.push('correct horse battery staple', 'correct horse battery staple');
      await t.reset();
      t.secretSource.answers.push('correct horse battery staple', 'correct horse battery staple');
      const root = await t.open('passphrase:prompt');
      await root.seal();
      await root.unsealStored();
      expect(root.isSealed()).to.be.true;
      expect(root.status()[0]?.reason).to.include('nobody to ask');
      t.secretSource.answers.push('correct horse battery staple');
      await root.unsealStored({secretSource: t.secretSource});
      expect(root.isSealed()).to.be.false;
    });
  });

  it('gives whoever initialises it an error', async () => {
    const root = await t.open(first());
    expect((await expectRejection(root.initialize(), RootOfTrustError)).reason).to.equal('exists');
  });

  it('shows no secret', async () => {
    expect(JSON.stringify(await t.open(first()))).to.equal('"[redacted]"');
  });
});
