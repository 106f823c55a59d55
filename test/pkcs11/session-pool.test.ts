import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {BusyError} from '../../lib/job-queue.ts';
import {newKey} from '../../lib/key-module-suite/fixtures.ts';
import {Pkcs11KeyModule} from '../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import type {KeyVersion} from '../../lib/key-modules/key-module.ts';
import {Pkcs11Token} from '../../lib/pkcs11/pkcs11-token.ts';
import {SoftHsmToken} from '../support/softhsm-token.ts';

const ED25519 = 'Ed25519VerificationKey2020';
/** A tenth of a second at least for SoftHSM2, which hashes it twice. */
const LONG = Buffer.alloc(64 * 1024 * 1024);
const MANY = 4;
const LIMITS = {uses: {queueLength: 4096, share: 1024}, makings: {queueLength: 64, share: 16}};
const OTHER = 'https://localhost:9443/kms/keystores/z1Other';

interface Scene {
  readonly module: Pkcs11KeyModule;
  readonly key: KeyVersion;
}

async function openModule(
  context: Mocha.Context,
  closing: AsyncDisposableStack,
  options: Parameters<SoftHsmToken['options']>[0],
): Promise<Scene> {
  const hsm = await SoftHsmToken.create(context);
  closing.defer(() => hsm.delete());
  const module = new Pkcs11KeyModule({token: await Pkcs11Token.open(hsm.options(options))});
  closing.defer(() => module.close());
  return {module, key: await newKey(module, ED25519)};
}

describe('sessions with a token of PKCS #11, several', () => {
  it('are never all taken by keys that are being made', async function () {
    this.timeout(120_000);
    await using closing = new AsyncDisposableStack();
    const {module, key} = await openModule(this, closing, {sessions: 2});
    let made = 0;
    const making = Promise.all(
      Array.from({length: 4}, async () => {
        await newKey(module, 'urn:webkms:multikey:RSA-3072');
        made += 1;
      }),
    );
    let signed = 0;
    while (made < 2) {
      await module.sign(key, Buffer.of(1));
      signed += 1;
    }
    await making;
    expect(signed).to.be.above(10);
  });
});

describe('sessions with a token of PKCS #11', () => {
  let closing: AsyncDisposableStack;
  let module: Pkcs11KeyModule;
  let key: KeyVersion;
  beforeEach(async function () {
    closing = new AsyncDisposableStack();
    ({module, key} = await openModule(this, closing, {sessions: 1, timeLimitMs: 200}));
  });
  afterEach(() => closing.disposeAsync());

  it('do one operation after the other, however many are asked for', async () => {
    const data = Array.from({length: 100}, (_, n) => Buffer.of(n));
    const signatures = await Promise.all(data.map((bytes) => module.sign(key, bytes)));
    for (const [n, signature] of signatures.entries()) {
      expect(await module.verify(key, data[n]!, signature)).to.equal(true);
    }
  });

  it('that are busy for too long fail what asked for it and what waited, and nothing later', async () => {
    const slow = Array.from({length: MANY}, () => module.sign(key, LONG));
    const waits = module.sign(key, Buffer.of(1));
    const results = await Promise.allSettled([...slow, waits]);
    const failures = results.flatMap((result): unknown[] =>
      result.status === 'rejected' ? [result.reason] : [],
    );
    expect(results.at(-1)).to.have.property('status', 'rejected');
    for (const failure of failures) expect(failure).to.be.instanceOf(UnavailableError);
    for (let tries = 0; ; tries += 1) {
      const signature = await module.sign(key, Buffer.of(1)).catch(() => undefined);
      if (signature) break;
      expect(tries).to.be.below(100);
    }
  });

  it('leave the event loop to others while the token works', async () => {
    let turns = 0;
    const ticking = setInterval(() => undefined, 1);
    const counting = setImmediate(function count() {
      turns += 1;
      signing.next = setImmediate(count);
    });
    const signing = {next: counting};
    await Promise.allSettled([module.sign(key, LONG)]);
    clearImmediate(signing.next);
    clearInterval(ticking);
    expect(turns).to.be.above(10);
  });

  it('fail what is being done when they are closed', async () => {
    const all = Promise.allSettled(Array.from({length: MANY}, () => module.sign(key, LONG)));
    await sleep(1);
    await module.close();
    expect((await all).at(-1))
      .to.have.property('reason')
      .that.is.instanceOf(UnavailableError);
  });
});

describe('sessions with a token of PKCS #11, of several keystores', function () {
  this.timeout(60_000);
  let closing: AsyncDisposableStack;
  let module: Pkcs11KeyModule;
  let key: KeyVersion;
  beforeEach(async function () {
    closing = new AsyncDisposableStack();
    ({module, key} = await openModule(this, closing, {sessions: 1, timeLimitMs: 60_000, limits: LIMITS}));
  });
  afterEach(() => closing.disposeAsync());

  it('are every keystore’s in turn, however many operations one of them asks for', async () => {
    const other = await newKey(module, ED25519, {keystoreId: OTHER});
    const data = Buffer.of(1);
    let done = 0;
    const flood = Array.from({length: 500}, () => module.sign(key, data).then(() => (done += 1)));
    const doneBefore: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const before = done;
      await module.sign(other, data);
      doneBefore.push(done - before);
    }
    // Each waits for what is being done, and for one of the other's: not for those that came before it.
    for (const count of doneBefore) expect(count).to.be.below(6);
    await Promise.all(flood);
  });

  it('refuse a keystore what is over its share, and nobody else anything', async () => {
    const other = await newKey(module, ED25519, {keystoreId: OTHER});
    const flood = Promise.allSettled(Array.from({length: 1500}, () => module.sign(key, Buffer.of(1))));
    const signature = await module.sign(other, Buffer.of(2));
    expect(await module.verify(other, Buffer.of(2), signature)).to.equal(true);
    const results = await flood;
    const refusals = results.flatMap((result): unknown[] =>
      result.status === 'rejected' ? [result.reason] : [],
    );
    expect(refusals.length).to.be.above(400);
    for (const refusal of refusals)
      expect(refusal).to.be.instanceOf(UnavailableError).and.include({status: 503, retryAfterSeconds: 1});
    expect(refusals.some((refusal) => refusal instanceof BusyError)).to.equal(true);
  });

  it('make no key, and leave none in the token, where the keystore asks for too many', async () => {
    const asked = Array.from({length: 40}, () =>
      newKey(module, ED25519, {keystoreId: OTHER}).catch(() => undefined),
    );
    const made = (await Promise.all(asked)).filter((version) => version !== undefined);
    expect(made.length).to.be.within(1, 20);
    const held = (await module.held.list()).filter(({keystore}) => keystore === 'z1Other');
    expect(held).to.have.length(made.length);
  });
});
