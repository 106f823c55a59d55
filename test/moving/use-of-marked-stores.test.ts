import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {expect} from 'chai';
import {LocalKms} from '../../lib/client/local/local-kms.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {STORE_MARK_STATES, type StoreMark, type StoreMarkState} from '../../lib/storage/store-mark.ts';
import {StoreOpenError} from '../../lib/storage/store-open-error.ts';

const makeMark = (state: StoreMarkState): StoreMark => ({
  ...{state, moveId: 'mv_1', other: 'sqlite:/elsewhere', since: 0},
});

describe('a store with the mark of a move', function () {
  this.timeout(60_000);
  let dataDir: string;
  const open = (): Promise<LocalKms> =>
    LocalKms.open({dataDir, controller: 'did:example:alice', log: createLogger({level: 'silent'})});
  const mark = async (state: StoreMarkState): Promise<void> => {
    const stores = await SqliteStores.open({path: join(dataDir, 'webkms.db')});
    await stores.transfer.replaceMark(makeMark(state), await stores.transfer.readMark());
    await stores.close();
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-moving-'));
  });
  afterEach(() => rm(dataDir, {recursive: true}));

  it('is opened where it is whole, and else refused, with what to do', async () => {
    for (const state of STORE_MARK_STATES) {
      await mark(state);
      const opened = open().then(
        async (kms) => kms.destroy(),
        (error: unknown) => error,
      );
      if (state === 'whole') expect(await opened).to.equal(undefined);
      else {
        expect(await opened)
          .to.be.instanceOf(StoreOpenError)
          .with.property('code', 'ERR_STORE_MOVED');
        expect(await opened)
          .to.have.property('message')
          .that.includes('sqlite:/elsewhere');
      }
    }
  });

  it('is not even given its first root of trust while it is being filled', async () => {
    await mark('filling');
    await open().catch(() => undefined);
    const stores = await SqliteStores.open({path: join(dataDir, 'webkms.db')});
    expect(await stores.keyHierarchy.listRootWrappers()).to.deep.equal([]);
    expect(await stores.transfer.listLeases(Date.now())).to.deep.equal([]);
    await stores.close();
  });

  it('is used no longer by who had it open already', async () => {
    const kms = await open();
    const {kid} = await kms.createKey('ed25519');
    const sign = () =>
      kms.sign(kid, Buffer.from('data')).then(
        () => 'signed',
        (error: unknown) => (error instanceof Error ? error.name : 'failed'),
      );
    expect(await sign()).to.equal('signed');
    await mark('moved');
    let outcome = 'signed';
    // Until it next says that it uses the store.
    for (let attempts = 0; attempts < 300 && outcome === 'signed'; attempts++) {
      await delay(100);
      outcome = await sign();
    }
    expect(outcome).to.equal('UnavailableError');
    await kms.destroy();
  });
});
