import {copyFile} from 'node:fs/promises';
import {expect} from 'chai';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import type {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import type {RootWrapperScheme} from '../../lib/sealing/root-wrapper.ts';
import {NO_SECRETS, OpeningSecrets} from '../../lib/sealing/secrets.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {pkcs11RootWrappers} from '../../lib/sealing/wrappers/pkcs11-wrapper.ts';
import {ROOT_WRAPPER_SCHEMES} from '../../lib/sealing/wrappers/schemes.ts';
import {useRootOfTrust} from './root-of-trust-fixture.ts';
import {expectRejection} from './expect-rejection.ts';
import {vouchForRoots} from './vouch-for-roots.ts';

const ACCESS = {secrets: new OpeningSecrets(NO_SECRETS)};

describe('RootOfTrust whose URIs name programs', () => {
  const t = useRootOfTrust();
  /** Opens a file by its name after `run:`, as a library is run by a path. */
  let run: string[] = [];
  const fileOf = (uri: string): string => t.uri(uri.slice('run:'.length));
  const scheme: RootWrapperScheme = {
    runs: () => true,
    normalize: (uri) => uri,
    open: async (uri) => {
      run.push(uri);
      const wrapper = await FileWrapper.open(fileOf(uri));
      return {
        uri,
        keyId: wrapper.keyId,
        seal: (...given) => wrapper.seal(...given),
        open: (...given) => wrapper.open(...given),
        check: async () => undefined,
        close: () => wrapper.close(),
      };
    },
    create: async () => {
      throw new RootOfTrustError('missing', 'None is made.');
    },
  };
  const schemes = new Map([...ROOT_WRAPPER_SCHEMES, ['run', scheme]]);
  const open = (seedUri: string): Promise<RootOfTrust> => t.open(seedUri, {schemes});
  const first = (): string => t.uri('first.key');

  /** Lists one of which the key is in that file. */
  const list = async (uri: string, {vouched = false} = {}): Promise<void> => {
    const wrapper = await FileWrapper.create(fileOf(uri));
    const {keyId: wrapperKeyId} = wrapper;
    t.store.rootWrappers.push({id: `rw_${uri}`, uri, wrapperKeyId, createdAt: 2, state: 'active'});
    await wrapper.close();
    if (vouched)
      await vouchForRoots(t.store, [await FileWrapper.open(first()), await scheme.open(uri, ACCESS)]);
    run = [];
  };
  const move = (from: number, uri: string): void => {
    t.store.rootWrappers[from] = {...t.store.rootWrappers[from]!, uri};
  };

  beforeEach(async () => {
    await open(first());
    run = [];
  });

  it('run nothing that the database names and nobody vouches for', async () => {
    await list('run:evil');
    expect((await open(first())).status().map(({open: isOpen}) => isOpen)).to.deep.equal([true, false]);
    expect(run).to.deep.equal([]);
  });

  it('nor where the database has changed what would have vouched, or has nothing else', async () => {
    await list('run:evil');
    move(0, t.uri('moved.key'));
    await open(first());
    expect(run).to.deep.equal([]);
    t.store.rootWrappers.shift();
    await expectRejection(open(first()), RootOfTrustError);
    await expectRejection(open(t.uri('missing.key')), RootOfTrustError);
    expect(run).to.deep.equal([]);
  });

  it('are opened where one in use vouches for them, also one that has moved', async () => {
    await list('run:good', {vouched: true});
    for (const uri of [first(), t.uri('moved.key')]) {
      move(0, uri);
      expect((await open(first())).status().map(({open: isOpen}) => isOpen)).to.deep.equal([true, true]);
    }
    expect(run).to.deep.equal(['run:good', 'run:good']);
  });

  it('run nothing else than what was vouched for, though it has the same key', async () => {
    await list('run:good', {vouched: true});
    await copyFile(t.path('good'), t.path('evil'));
    move(1, 'run:evil');
    for (const uri of [first(), t.uri('moved.key')]) {
      move(0, uri);
      const root = await open(first());
      expect(root.status().map(({open: isOpen}) => isOpen)).to.deep.equal([true, false]);
      expect(root.status()[1]?.reason).to.include(
        'Nothing shows that the server has put the root of trust run:evil',
      );
      await root.unsealStored();
    }
    expect(run).to.deep.equal([]);
  });

  it('are opened where the setting names them, also in another place than the store', async () => {
    await list('run:good', {vouched: true});
    t.store.rootWrappers.shift();
    expect((await open('run:good')).isSealed()).to.equal(false);
    move(0, 'run:old');
    run = [];
    expect((await open('run:good')).isSealed()).to.equal(false);
    expect(run).to.deep.equal(['run:good']);
  });

  it('are those of tokens with another library or PIN file than the settings have', () => {
    const tokens = pkcs11RootWrappers({library: '/lib/a.so', pinFile: '/etc/pin', stateDir: '/'});
    const named = (query: string): boolean | undefined => tokens.runs?.(`pkcs11:token=t;object=o${query}`);
    expect(named('')).to.equal(false);
    expect(named('?module-path=/lib/a.so&pin-source=file:/etc/pin')).to.equal(false);
    expect(named('?module-path=/lib/b.so')).to.equal(true);
    expect(named('?pin-source=file:/root.key')).to.equal(true);
  });
});
