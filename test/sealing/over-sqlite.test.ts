import {readdir, readFile, rename} from 'node:fs/promises';
import {expect} from 'chai';
import {KeyHierarchy} from '../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {SealedBlobError} from '../../lib/sealing/wrapper.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {expectRejection} from './expect-rejection.ts';
import {useTempDir} from './temp-dir.ts';

const SCOPE = 'https://localhost/kms/keystores/z1A';
const PURPOSE = 'key-material';
const PLACE = Buffer.from('record 1');
const SECRET = Buffer.from('a secret');

describe('sealing, from the key file to the database', () => {
  const path = useTempDir();
  const log = {info: () => undefined, warn: () => undefined};

  const start = async () => {
    const stores = await SqliteStores.open({path: path('webkms.db')});
    const stop = async (): Promise<void> => stores.close();
    try {
      const seedUri = `file:${path('root.key')}`;
      const root = await RootOfTrust.open({store: stores.keyHierarchy, seedUri, log});
      const hierarchy = new KeyHierarchy({store: stores.keyHierarchy, roots: root});
      const stopAll = async (): Promise<void> => {
        await hierarchy.close();
        await root.close();
        await stop();
      };
      return {hierarchy, created: root.created, stop: stopAll};
    } catch (error) {
      await stop();
      throw error;
    }
  };

  it('opens after a restart what was sealed, and does not start without the key file', async () => {
    const first = await start();
    expect(first.created).to.be.true;
    const blob = await (await first.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true})).seal(SECRET, PLACE);
    await first.stop();

    await rename(path('root.key'), path('backup'));
    expect((await expectRejection(start(), RootOfTrustError)).reason).to.equal('missing');
    expect(await readdir(path(''))).to.not.include('root.key');
    await rename(path('backup'), path('root.key'));

    const second = await start();
    expect(second.created).to.be.false;
    const wrapper = await second.hierarchy.wrapperFor(SCOPE, PURPOSE);
    expect(Buffer.from(await wrapper.open(blob, PLACE)).equals(SECRET)).to.be.true;
    await second.hierarchy.check();
    await second.stop();
  });

  it('of two processes that start at once, both use one key file and one root key per scope', async () => {
    const nodes = await Promise.all([start(), start()]);
    const wrappers = await Promise.all(
      nodes.map(({hierarchy}) => hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true})),
    );
    const [a, b] = wrappers;
    expect(Buffer.from(await b!.open(await a!.seal(SECRET, PLACE), PLACE)).equals(SECRET)).to.be.true;
    expect(nodes.filter(({created}) => created)).to.have.length(1);
    await expectRejection(b!.open(Buffer.from('junk'), PLACE), SealedBlobError);
    await Promise.all(nodes.map(({stop}) => stop()));
  });

  it('leaves nothing of the root key in the database or its log', async () => {
    const node = await start();
    await node.hierarchy.wrapperFor(SCOPE, PURPOSE, {create: true});
    const text = (await readFile(path('root.key'), 'latin1')).trim();
    const key = Buffer.from(text, 'base64url');
    const files = (await readdir(path(''))).filter((name) => name.startsWith('webkms.db'));
    expect(files).to.include('webkms.db');
    const content = Buffer.concat(await Promise.all(files.map((name) => readFile(path(name)))));
    expect(content.includes(`file:${path('root.key')}`), 'what was just written').to.be.true;
    for (const secret of [key, text, key.toString('hex')]) expect(content.includes(secret)).to.be.false;
    await node.stop();
  });
});
