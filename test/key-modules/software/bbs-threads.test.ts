import {encode} from 'cborg';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {MAX_BBS_DATA_BYTES} from '../../../lib/key-modules/software/algorithms/bbs-message.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {newKey, rejection} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const BBS = 'urn:webkms:multikey:BBS-BLS12-381-SHA-256';
const message = (count: number, size = 8) =>
  encode([Buffer.of(1), Array.from({length: count}, (_, i) => Buffer.alloc(size, i))]);

describe('software key module: BBS threads', () => {
  const modules: SoftwareKeyModule[] = [];
  afterEach(() => Promise.all(modules.splice(0).map((module) => module.close())));

  function create(share = 16): SoftwareKeyModule {
    const module = new SoftwareKeyModule({wrappers: new MemoryWrappers(), bbsLimits: {share}});
    modules.push(module);
    return module;
  }

  it('leave the event loop free while 128 messages are signed and verified', async () => {
    const module = create();
    const key = await newKey(module, BBS);
    await module.sign(key, message(1));
    let ticks = 0;
    const interval = setInterval(() => (ticks += 1), 5);
    try {
      const signature = await module.sign(key, message(128));
      expect(ticks, 'sign').to.be.at.least(20);
      ticks = 0;
      expect(await module.verify(key, message(128), signature)).to.equal(true);
      expect(ticks, 'verify').to.be.at.least(20);
    } finally {
      clearInterval(interval);
    }
  });

  it('give each keystore its share', async () => {
    const module = create(1);
    const key = await newKey(module, BBS);
    const other = await newKey(module, BBS, {keystoreId: `${key.keystoreId}2`});
    await module.sign(key, message(1));
    await module.sign(other, message(1));
    const results = await Promise.allSettled([
      ...Array.from({length: 3}, () => module.sign(key, message(2))),
      module.sign(other, message(2)),
    ]);
    expect(results.map(({status}) => status)).to.deep.equal([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    const refused = results[2] as PromiseRejectedResult;
    expect(refused.reason).to.be.instanceOf(UnavailableError);
  });

  it('refuse to make a key, not its secret, where they cannot be used', async () => {
    const module = new SoftwareKeyModule({wrappers: new MemoryWrappers(), bbsLimits: {queueLength: 0}});
    modules.push(module);
    expect(await rejection(newKey(module, BBS))).to.be.instanceOf(UnavailableError);
    expect(await newKey(create(), BBS)).to.have.property('publicKey');
  });

  it('end with the module, and so does what they are at', async () => {
    const module = create();
    const key = await newKey(module, BBS);
    await module.sign(key, message(1));
    const running = rejection(module.sign(key, message(128)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await module.close();
    expect(await running).to.be.instanceOf(UnavailableError);
  });

  it('see no data that is longer than an honest request', async () => {
    const module = create();
    const key = await newKey(module, BBS);
    const room = MAX_BBS_DATA_BYTES - message(1, 70_000).length + 70_000;
    expect(await module.sign(key, message(1, room))).to.have.length(80);
    expect((await rejection(module.sign(key, message(1, room + 1)))).message).to.match(/131072 bytes/);
  });
});
