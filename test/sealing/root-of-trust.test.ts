import {mkdir, readdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {relative} from 'node:path';
import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {openRootOfTrust, type RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {expectRejection} from './expect-rejection.ts';
import {FaultyRootWrapper} from './faulty-root-wrapper.ts';
import {MemoryKeyHierarchyStore} from './memory-key-hierarchy-store.ts';
import {useTempDir} from './temp-dir.ts';

interface LogLine {
  readonly level: 'info' | 'warn';
  readonly fields: object;
  readonly message: string;
}

describe('openRootOfTrust', () => {
  const path = useTempDir();
  const uri = (name: string): string => `file:${path(name)}`;
  let store: MemoryKeyHierarchyStore;
  let lines: LogLine[];
  let opened: RootOfTrust[];

  beforeEach(() => {
    store = new MemoryKeyHierarchyStore();
    lines = [];
    opened = [];
  });
  afterEach(() => Promise.all(opened.map((root) => root.close())));

  const log = {
    info: (fields: object, message: string) => void lines.push({level: 'info', fields, message}),
    warn: (fields: object, message: string) => void lines.push({level: 'warn', fields, message}),
  };
  const open = async (seedUri: string, into = store): Promise<RootOfTrust> => {
    const root = await openRootOfTrust({store: into, seedUri, log, clock: () => 1234});
    opened.push(root);
    return root;
  };
  const refusal = (seedUri: string, into = store): Promise<RootOfTrustError> =>
    expectRejection(openRootOfTrust({store: into, seedUri, log}), RootOfTrustError);

  describe('with an empty store', () => {
    it('makes the file that does not exist, stores it as the first and says so', async () => {
      const root = await open(uri('data/root.key'));
      expect(root.created).to.be.true;
      expect((await stat(path('data/root.key'))).mode & 0o7777).to.equal(0o600);
      const [{id, wrapper}] = root.rootWrappers as [RootOfTrust['rootWrappers'][number]];
      expect(id).to.match(/^rw_[A-Za-z0-9_-]{22}$/);
      expect(store.rootWrappers).to.deep.equal([
        {id, uri: uri('data/root.key'), wrapperKeyId: wrapper.keyId, createdAt: 1234},
      ]);
      expect(lines).to.deep.equal([
        {
          level: 'warn',
          fields: {uri: uri('data/root.key')},
          message: 'made a new root key: back it up, without it nothing in the store can be opened',
        },
      ]);
    });

    it('uses the file that exists, as it is', async () => {
      const {keyId} = await FileWrapper.create(uri('root.key'));
      const before = await readFile(path('root.key'), 'latin1');
      const root = await open(uri('root.key'));
      expect(root.created).to.be.false;
      expect(root.rootWrappers[0]?.wrapper.keyId).to.equal(keyId);
      expect(await readFile(path('root.key'), 'latin1')).to.equal(before);
      expect(lines).to.deep.equal([]);
    });

    it('stores an absolute path, so that the working directory does not matter later', async () => {
      await open(`file:${relative(process.cwd(), path('root.key'))}`);
      expect(store.rootWrappers[0]?.uri).to.equal(uri('root.key'));
    });

    it('refuses a file that cannot be trusted, and stores nothing', async () => {
      await writeFile(path('root.key'), 'not a key', {mode: 0o600});
      expect((await refusal(uri('root.key'))).reason).to.equal('malformed');
      expect(store.rootWrappers).to.deep.equal([]);
      expect(await readFile(path('root.key'), 'latin1')).to.equal('not a key');
    });

    it('refuses where the file can neither be opened nor made', async () => {
      await mkdir(path('data'));
      expect((await refusal(uri(`data/${'k'.repeat(300)}`))).reason).to.equal('unreadable');
      expect((await refusal(uri(`data/${'k'.repeat(250)}`))).reason).to.equal('unwritable');
      expect(store.rootWrappers).to.deep.equal([]);
    });

    it('refuses a scheme that there is not, and names those that there are, not the setting', async () => {
      for (const setting of [
        'passphrase:correct horse',
        'correct horse',
        '',
        'constructor:x',
        'FILE:/x',
        '/x',
      ]) {
        const error = await refusal(setting);
        expect(error.reason).to.equal('bad-setting');
        expect(error.message).to.equal('WEBKMS_ROOT_WRAPPER has an unknown scheme. There is: file:');
      }
      expect(store.rootWrappers).to.deep.equal([]);
      await open(uri('root.key'));
    });
  });

  describe('with a store that was sealed', () => {
    beforeEach(() => open(uri('root.key')));

    it('opens what the store lists, and changes nothing', async () => {
      const records = structuredClone(store.rootWrappers);
      lines = [];
      const again = await open(uri('root.key'));
      expect(again.created).to.be.false;
      expect(again.rootWrappers.map(({id, wrapper}) => [id, wrapper.keyId])).to.deep.equal([
        [records[0]?.id, records[0]?.wrapperKeyId],
      ]);
      expect(store.rootWrappers).to.deep.equal(records);
      expect(lines).to.deep.equal([]);
    });

    it('refuses to start without the file, and makes none', async () => {
      await rename(path('root.key'), path('backup'));
      const error = await refusal(uri('root.key'));
      expect(error.reason).to.equal('missing');
      expect(error.message).to.equal(
        `The root key file ${path('root.key')} (WEBKMS_ROOT_WRAPPER) does not exist. The store was sealed with it: ` +
          'restore it from your backup. A new one is made for an empty store only.',
      );
      expect(await readdir(path(''))).to.deep.equal(['backup']);
      await rename(path('backup'), path('root.key'));
      await open(uri('root.key'));
    });

    it('refuses another key in the same place, and leaves both as they are', async () => {
      await rename(path('root.key'), path('backup'));
      await FileWrapper.create(uri('root.key'));
      const [record, content] = [
        structuredClone(store.rootWrappers),
        await readFile(path('root.key'), 'latin1'),
      ];
      const error = await refusal(uri('root.key'));
      expect(error.reason).to.equal('foreign-key');
      expect(error.message).to.include(
        `${uri('root.key')} (WEBKMS_ROOT_WRAPPER) is not the one that the store was sealed with`,
      );
      expect(error.message).to.not.include(content.trim());
      expect(store.rootWrappers).to.deep.equal(record);
      expect(await readFile(path('root.key'), 'latin1')).to.equal(content);
      await rename(path('backup'), path('root.key'));
      await open(uri('root.key'));
    });

    it('takes the same key from the place that the setting names, where it has moved', async () => {
      await mkdir(path('moved'));
      await rename(path('root.key'), path('moved/root.key'));
      lines = [];
      const root = await open(uri('moved/root.key'));
      expect(root.rootWrappers[0]?.wrapper.uri).to.equal(uri('moved/root.key'));
      expect(root.created).to.be.false;
      expect(lines.map(({level, message}) => `${level}: ${message}`)).to.deep.equal([
        'info: the root of trust has moved: using the place that the setting names',
      ]);
      expect(store.rootWrappers[0]?.uri).to.equal(uri('root.key'));
    });

    it('prefers the store to a setting that names another key, or none, and makes none', async () => {
      await FileWrapper.create(uri('other.key'));
      for (const name of ['other.key', 'missing.key']) {
        lines = [];
        const root = await open(uri(name));
        expect(root.rootWrappers[0]?.wrapper.uri).to.equal(uri('root.key'));
        expect(lines.map(({level, message}) => `${level}: ${message}`)).to.deep.equal([
          'warn: WEBKMS_ROOT_WRAPPER names another root of trust than the store: using the one in the store',
        ]);
      }
      expect(await readdir(path(''))).to.have.members(['root.key', 'other.key']);
    });

    it('says both where neither place helps', async () => {
      await FileWrapper.create(uri('other.key'));
      await rm(path('root.key'));
      const error = await refusal(uri('other.key'));
      expect(error.reason).to.equal('missing');
      expect(error.message).to.include(`${path('root.key')} (WEBKMS_ROOT_WRAPPER) does not exist.`);
      expect(error.message).to.include(`the setting does not help: The root of trust ${uri('other.key')}`);
      expect(await readdir(path(''))).to.deep.equal(['other.key']);
    });

    it('refuses a bad setting even then', async () => {
      expect((await refusal('file:')).reason).to.equal('bad-setting');
      expect((await refusal('vault:x')).reason).to.equal('bad-setting');
    });

    it('refuses a store whose wrapper is of a kind that this server does not have', async () => {
      store.rootWrappers[0] = {...store.rootWrappers[0]!, uri: 'pkcs11:token=x'};
      await rm(path('root.key'));
      const error = await refusal(uri('root.key'));
      expect(error.reason).to.equal('bad-setting');
      expect(error.message).to.include('unknown scheme').and.include('does not exist');
    });

    it('opens every wrapper of the set, or does not start', async () => {
      const second = await FileWrapper.create(uri('second.key'));
      store.rootWrappers.push({id: 'rw_second', uri: second.uri, wrapperKeyId: second.keyId, createdAt: 2});
      const both = await open(uri('root.key'));
      expect(both.rootWrappers.map(({wrapper}) => wrapper.uri)).to.deep.equal([
        uri('root.key'),
        uri('second.key'),
      ]);
      await rm(path('second.key'));
      const error = await refusal(uri('root.key'));
      expect(error.reason).to.equal('missing');
      expect(error.message).to.include(path('second.key'));
    });
  });

  describe('with a scheme that fails', () => {
    const schemes = (over: Partial<typeof FileWrapper>): Map<string, typeof FileWrapper> =>
      new Map([['file', Object.assign(Object.create(FileWrapper) as typeof FileWrapper, over)]]);
    const openWith = (seedUri: string, over: Partial<typeof FileWrapper>): Promise<RootOfTrust> =>
      openRootOfTrust({store, seedUri, log, schemes: schemes(over)});

    it('passes on defects as they are, and tries nothing else', async () => {
      const defect = new TypeError('a defect');
      const fail = (): Promise<never> => Promise.reject(defect);
      expect(await expectRejection(openWith(uri('root.key'), {open: fail}), TypeError)).to.equal(defect);
      expect(await expectRejection(openWith(uri('root.key'), {create: fail}), TypeError)).to.equal(defect);
      await open(uri('root.key'));
      expect(await expectRejection(openWith(uri('root.key'), {open: fail}), TypeError)).to.equal(defect);
      expect(await expectRejection(openWith(uri('moved.key'), {open: fail}), TypeError)).to.equal(defect);
      const failAtStored = (at: string): Promise<FileWrapper> =>
        at === uri('root.key') ? fail() : FileWrapper.open(at);
      expect(await expectRejection(openWith(uri('moved.key'), {open: failAtStored}), TypeError)).to.equal(
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
      await expectRejection(openWith(uri('root.key'), {open: make}), RootOfTrustError);
      expect(wrappers.map(({calls}) => calls.close)).to.deep.equal([1, 1]);
    });
  });

  describe('of two nodes at once', () => {
    /** Both nodes see the store empty before either writes. */
    const holdUntilBothRead = (): void => {
      let waiting = 2;
      const {promise, resolve} = Promise.withResolvers<undefined>();
      store.gate = async (method) => {
        if (method !== 'insertFirstRootWrapper') return;
        if (--waiting === 0) resolve(undefined);
        await promise;
      };
    };

    it('that share the directory, both have the one file', async () => {
      holdUntilBothRead();
      const [a, b] = await Promise.all([open(uri('root.key')), open(uri('root.key'))]);
      expect(a.rootWrappers[0]?.wrapper.keyId).to.equal(b.rootWrappers[0]?.wrapper.keyId);
      expect(a.rootWrappers[0]?.id).to.equal(b.rootWrappers[0]?.id);
      expect([a.created, b.created].sort()).to.deep.equal([false, true]);
      expect(store.rootWrappers).to.have.length(1);
      expect(await readdir(path(''))).to.deep.equal(['root.key']);
    });

    it('that were given the same key in different places, both start', async () => {
      await FileWrapper.create(uri('a.key'));
      await writeFile(path('b.key'), await readFile(path('a.key')), {mode: 0o600});
      holdUntilBothRead();
      const [a, b] = await Promise.all([open(uri('a.key')), open(uri('b.key'))]);
      expect(a.rootWrappers[0]?.id).to.equal(b.rootWrappers[0]?.id);
      expect(lines.map(({message}) => message)).to.include('another node has stored the first root wrapper');
    });

    it('that share nothing but the store, the second does not start', async () => {
      await open(uri('a/root.key'));
      await rename(path('a'), path('out-of-sight'));
      const records = structuredClone(store.rootWrappers);
      // It read the store before the first wrote, and makes a file of its own.
      const list = store.listRootWrappers.bind(store);
      let reads = 0;
      store.listRootWrappers = async () => (reads++ === 0 ? [] : list());
      const error = await refusal(uri('b/root.key'));
      expect(error.reason).to.equal('missing');
      expect(error.message).to.include(`${path('a/root.key')} (WEBKMS_ROOT_WRAPPER) does not exist`);
      expect(error.message).to.include(
        `The root of trust ${uri('b/root.key')} (WEBKMS_ROOT_WRAPPER) is not the one`,
      );
      expect(store.rootWrappers).to.deep.equal(records);
    });
  });

  it('passes on that the store is down', async () => {
    store.gate = () => Promise.reject(new UnavailableError('The store is down.'));
    const error = await expectRejection(
      openRootOfTrust({store, seedUri: uri('root.key'), log}),
      UnavailableError,
    );
    expect(error.message).to.equal('The store is down.');
    expect(await readdir(path(''))).to.deep.equal([]);
    store.gate = () => Promise.resolve();
    await open(uri('root.key'));
  });
});
