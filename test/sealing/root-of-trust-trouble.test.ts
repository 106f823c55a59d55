import {readdir, readFile, rename, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {useRootOfTrust} from './root-of-trust-fixture.ts';
import {UnavailableError} from '../../lib/errors.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {expectRejection} from './expect-rejection.ts';
import {FaultyRootWrapper} from './faulty-root-wrapper.ts';

describe('RootOfTrust.open in trouble', () => {
  const t = useRootOfTrust();

  describe('with a scheme that fails', () => {
    const schemes = (over: Partial<typeof FileWrapper>): Map<string, typeof FileWrapper> =>
      new Map([['file', Object.assign(Object.create(FileWrapper) as typeof FileWrapper, over)]]);
    const openWith = (seedUri: string, over: Partial<typeof FileWrapper>): Promise<RootOfTrust> =>
      RootOfTrust.open({store: t.store, seedUri, log: t.log, schemes: schemes(over)});

    it('passes on defects as they are, and tries nothing else', async () => {
      const defect = new TypeError('a defect');
      const fail = (): Promise<never> => Promise.reject(defect);
      expect(await expectRejection(openWith(t.uri('root.key'), {open: fail}), TypeError)).to.equal(defect);
      expect(await expectRejection(openWith(t.uri('root.key'), {create: fail}), TypeError)).to.equal(defect);
      await t.open(t.uri('root.key'));
      expect(await expectRejection(openWith(t.uri('root.key'), {open: fail}), TypeError)).to.equal(defect);
      expect(await expectRejection(openWith(t.uri('moved.key'), {open: fail}), TypeError)).to.equal(defect);
      const failAtStored = (at: string): Promise<FileWrapper> =>
        at === t.uri('root.key') ? fail() : FileWrapper.open(at);
      expect(await expectRejection(openWith(t.uri('moved.key'), {open: failAtStored}), TypeError)).to.equal(
        defect,
      );
    });

    it('closes what it does not give out', async () => {
      const wrappers: FaultyRootWrapper[] = [];
      const make = async (): Promise<FileWrapper> => {
        const wrapper = new FaultyRootWrapper(`key-${String(wrappers.length)}`);
        wrappers.push(wrapper);
        return wrapper as unknown as FileWrapper;
      };
      // The second opening finds another key than the first: the store's first wrapper is not it.
      await expectRejection(openWith(t.uri('root.key'), {open: make}), RootOfTrustError);
      expect(wrappers.map(({calls}) => calls.close)).to.deep.equal([1, 1]);
    });
  });

  describe('of two nodes at once', () => {
    /** Both nodes see the store empty before either writes. */
    const holdUntilBothRead = (): void => {
      let waiting = 2;
      const {promise, resolve} = Promise.withResolvers<undefined>();
      t.store.gate = async (method) => {
        if (method !== 'insertFirstRootWrapper') return;
        if (--waiting === 0) resolve(undefined);
        await promise;
      };
    };

    it('that share the directory, both have the one file', async () => {
      holdUntilBothRead();
      const [a, b] = await Promise.all([t.open(t.uri('root.key')), t.open(t.uri('root.key'))]);
      expect(a.opened()[0]?.wrapper.keyId).to.equal(b.opened()[0]?.wrapper.keyId);
      expect(a.opened()[0]?.id).to.equal(b.opened()[0]?.id);
      expect([a.created, b.created].sort()).to.deep.equal([false, true]);
      expect(t.store.rootWrappers).to.have.length(1);
      expect(await readdir(t.path(''))).to.deep.equal(['root.key']);
    });

    it('that were given the same key in different places, both start', async () => {
      await FileWrapper.create(t.uri('a.key'));
      await writeFile(t.path('b.key'), await readFile(t.path('a.key')), {mode: 0o600});
      holdUntilBothRead();
      const [a, b] = await Promise.all([t.open(t.uri('a.key')), t.open(t.uri('b.key'))]);
      expect(a.opened()[0]?.id).to.equal(b.opened()[0]?.id);
      expect(t.lines.map(({message}) => message)).to.include(
        'another node has stored the first root wrapper',
      );
    });

    it('that share nothing but the t.store, the second does not start', async () => {
      await t.open(t.uri('a/root.key'));
      await rename(t.path('a'), t.path('out-of-sight'));
      const records = structuredClone(t.store.rootWrappers);
      // It read the store before the first wrote, and makes a file of its own.
      const list = t.store.listRootWrappers.bind(t.store);
      let reads = 0;
      t.store.listRootWrappers = async () => (reads++ === 0 ? [] : list());
      const error = await t.refusal(t.uri('b/root.key'));
      expect(error.reason).to.equal('missing');
      expect(error.message).to.include(`${t.path('a/root.key')} does not exist`);
      expect(error.message).to.include(`The root of trust ${t.uri('b/root.key')} is not the one`);
      expect(t.store.rootWrappers).to.deep.equal(records);
    });
  });

  it('passes on that the store is down', async () => {
    t.store.gate = () => Promise.reject(new UnavailableError('The store is down.'));
    const error = await expectRejection(
      RootOfTrust.open({store: t.store, seedUri: t.uri('root.key'), log: t.log}),
      UnavailableError,
    );
    expect(error.message).to.equal('The store is down.');
    expect(await readdir(t.path(''))).to.deep.equal([]);
    t.store.gate = () => Promise.resolve();
    await t.open(t.uri('root.key'));
  });
});
