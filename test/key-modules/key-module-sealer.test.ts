import {expect} from 'chai';
import {InternalError, UnavailableError} from '../../lib/errors.ts';
import {createKeyModuleSealer} from '../../lib/key-modules/key-module-sealer.ts';
import {rejection} from './fixtures.ts';
import {MemoryWrappers} from './memory-wrappers.ts';

const KEYSTORE = 'https://localhost:9443/kms/keystores/z1A';
const SECRET = Buffer.from('a secret of the module');
const KEY = Buffer.from('key 1');

describe('the sealer of key modules', () => {
  it('opens what it sealed, for the same keystore and key', async () => {
    const wrappers = new MemoryWrappers();
    const sealer = createKeyModuleSealer('hsm', wrappers);
    const {material, dataKeyVersionId} = await sealer.seal(KEYSTORE, SECRET, KEY);
    expect(dataKeyVersionId).to.equal(JSON.stringify([KEYSTORE, 'key-material']));
    expect(Buffer.from(material).includes(SECRET)).to.equal(false);
    expect(Buffer.from(await sealer.open(KEYSTORE, material, KEY))).to.deep.equal(SECRET);
    const again = createKeyModuleSealer('hsm', wrappers);
    expect(Buffer.from(await again.open(KEYSTORE, material, KEY))).to.deep.equal(SECRET);
  });

  it('opens nothing for another key, keystore or module, nor what was changed', async () => {
    const wrappers = new MemoryWrappers();
    const sealer = createKeyModuleSealer('hsm', wrappers);
    const {material} = await sealer.seal(KEYSTORE, SECRET, KEY);
    await sealer.seal(`${KEYSTORE}B`, SECRET, KEY);
    const changed = Uint8Array.from(material, (byte, at) => (at === 30 ? byte ^ 1 : byte));
    for (const opening of [
      sealer.open(KEYSTORE, material, Buffer.from('key 2')),
      sealer.open(`${KEYSTORE}B`, material, KEY),
      sealer.open(`${KEYSTORE}C`, material, KEY),
      sealer.open(KEYSTORE, changed, KEY),
      createKeyModuleSealer('other', wrappers).open(KEYSTORE, material, KEY),
    ]) {
      expect(await rejection(opening)).to.be.instanceOf(InternalError);
    }
  });

  it('says that it cannot now', async () => {
    const sealer = createKeyModuleSealer('hsm', {
      wrapperFor: async () => {
        throw new UnavailableError('The server is sealed.');
      },
    });
    for (const work of [sealer.seal(KEYSTORE, SECRET, KEY), sealer.open(KEYSTORE, SECRET, KEY)]) {
      expect(await rejection(work)).to.be.instanceOf(UnavailableError);
    }
  });
});
