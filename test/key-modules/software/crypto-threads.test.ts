import assert from 'node:assert/strict';
import {createPrivateKey, generateKeyPairSync} from 'node:crypto';
import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {
  createCryptoWorkers,
  type CryptoJob,
  type CryptoResult,
  type CryptoWorkers,
} from '../../../lib/key-modules/software/algorithms/crypto-jobs.ts';
import {aesKw256} from '../../../lib/key-modules/software/algorithms/aes-kw.ts';
import {rsa} from '../../../lib/key-modules/software/algorithms/rsa.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {WorkerPool} from '../../../lib/key-modules/software/worker-pool/worker-pool.ts';
import {newIdentity, newKey, rejection} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

const SCRIPT = new URL('../../../lib/key-modules/software/algorithms/crypto-worker.ts', import.meta.url);
const RSA = 'urn:webkms:multikey:RSA-2048';
const DIGEST = Buffer.alloc(32, 1);

/** Remembers the memory that keys are written to, and what it held when the job had ended. */
class WatchedPool extends WorkerPool<CryptoJob, CryptoResult> {
  readonly memories: {readonly memory: Uint8Array; readonly made: Buffer}[] = [];

  override async run(scope: string, prepare: () => CryptoJob): Promise<CryptoResult> {
    let memory: Uint8Array | undefined;
    try {
      return await super.run(scope, () => {
        const job = prepare();
        if ('secret' in job) memory = job.secret;
        return job;
      });
    } finally {
      if (memory) this.memories.push({memory, made: Buffer.from(memory)});
    }
  }
}

describe('software key module: threads for RSA and digests', () => {
  let workers: CryptoWorkers;
  let generation: WatchedPool;
  beforeEach(() => {
    workers = createCryptoWorkers();
    generation = new WatchedPool(SCRIPT, {threads: 1, queueLength: 8, share: 8, timeLimitMs: 60_000});
  });
  afterEach(async () => {
    await Promise.all([workers.close(), generation.close()]);
  });

  for (const bits of [2048, 3072] as const) {
    it(`an RSA key of ${bits} bits is made in shared memory, which is overwritten`, async () => {
      const secret = await rsa(bits, {...workers, generation}).generateSecret('a');
      assert(Buffer.isBuffer(secret));
      const key = createPrivateKey({key: secret, format: 'der', type: 'pkcs1'});
      expect(key.asymmetricKeyDetails).to.deep.equal({modulusLength: bits, publicExponent: 65_537n});
      expect(secret.buffer, 'memory of its own').to.not.be.instanceOf(SharedArrayBuffer);
      expect(secret.buffer.byteLength).to.equal(secret.length);
      const [watched] = generation.memories;
      expect(watched?.memory.buffer).to.be.instanceOf(SharedArrayBuffer);
      expect(watched?.made.subarray(0, secret.length).equals(secret)).to.equal(true);
      expect(watched?.memory.every((byte) => byte === 0)).to.equal(true);
    });
  }

  it('an RSA key that was made elsewhere is judged in shared memory, which is overwritten, whatever it is', async () => {
    const {check} = rsa(2048, {...workers, generation});
    const {privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
    const sound = privateKey.export({format: 'der', type: 'pkcs1'});
    await check!(sound, 'a');
    const unsound = Buffer.from(sound);
    unsound[unsound.length - 1]! ^= 1;
    expect(await rejection(check!(unsound, 'a'))).to.be.instanceOf(Error);
    expect(generation.memories).to.have.lengthOf(2);
    for (const {memory, made} of generation.memories) {
      expect(made.subarray(0, 100)).to.deep.equal(sound.subarray(0, 100));
      expect(memory.every((byte) => byte === 0)).to.equal(true);
    }
  });

  it('what is wrapped and unwrapped there is in shared memory, which is overwritten', async () => {
    const {open} = aesKw256({signatures: generation});
    const {wrapKey, unwrapKey} = await open(Buffer.alloc(32, 1), 'a');
    const unwrapped = Buffer.alloc(16_384, 2);
    const wrapped = await wrapKey!(unwrapped);
    expect(Buffer.from((await unwrapKey!(wrapped)) ?? [])).to.deep.equal(unwrapped);
    expect(await unwrapKey!(Buffer.alloc(wrapped.length))).to.equal(undefined);
    const [wrapping, unwrapping, failing] = generation.memories;
    expect(wrapping!.made).to.deep.equal(unwrapped);
    expect(unwrapping!.made).to.deep.equal(unwrapped);
    expect(failing!.made).to.deep.equal(Buffer.alloc(unwrapped.length));
    for (const {memory} of generation.memories) {
      expect(memory.buffer).to.be.instanceOf(SharedArrayBuffer);
      expect(memory.every((byte) => byte === 0)).to.equal(true);
    }
    // Shorter ones take less than the way to a thread and back.
    await unwrapKey!(await wrapKey!(Buffer.alloc(8192)));
    expect(generation.memories).to.have.lengthOf(3);
  });

  it('a keystore’s imports of RSA keys wait with its own', async () => {
    const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
    const secret = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({
      format: 'der',
      type: 'pkcs1',
    });
    const importKey = (keystoreId: string) => module.importKey({...newIdentity(RSA), keystoreId}, secret);
    // One is judged, sixteen wait.
    const all = Array.from({length: 18}, () => importKey('a'));
    const other = importKey('b');
    const settled = Promise.allSettled(all);
    expect((await rejection(all[17]!)).message).to.match(/busy with this keystore/);
    expect(await other).to.have.property('publicKey');
    await module.close();
    await settled;
  });

  it('keystores have a share each of the making of RSA keys, and it ends with the module', async () => {
    const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
    const make = (keystoreId: string) => module.generateKey({...newIdentity(RSA), keystoreId});
    // One is made, sixteen wait.
    const all = Array.from({length: 18}, () => make('a'));
    all.push(make('b'));
    const settled = Promise.allSettled(all);
    expect((await rejection(all[17]!)).message).to.match(/busy with this keystore/);
    await module.close();
    const results = await settled;
    const rejected = results.filter((result) => result.status === 'rejected');
    expect(rejected.length).to.be.at.least(2);
    for (const {reason} of rejected) expect(reason).to.be.instanceOf(UnavailableError);
    expect(rejected.filter(({reason}) => (reason as Error).message.includes('busy'))).to.have.length(1);
  });

  it('signatures of digests do not wait with the making of keys, and end with the module', async () => {
    const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
    const options = {algorithm: 'RS256', prehashed: true} as const;
    const key = await newKey(module, RSA);
    const making = Promise.allSettled(
      Array.from({length: 18}, () => module.generateKey(newIdentity('urn:webkms:multikey:RSA-4096'))),
    );
    expect(await module.sign(key, DIGEST, options)).to.have.length(256);
    const signing = rejection(module.sign(key, DIGEST, options));
    await module.close();
    expect(await signing).to.be.instanceOf(UnavailableError);
    await making;
  });
});
