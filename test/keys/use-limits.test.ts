import {expect} from 'chai';
import fc from 'fast-check';
import {
  KeyPolicyError,
  KeyStateError,
  NotFoundError,
  RateLimitError,
  UnavailableError,
} from '../../lib/errors.ts';
import {MAX_NONCES} from '../../lib/keys/nonces.ts';
import {UseLimits, type UseLimitsOptions} from '../../lib/keys/use-limits.ts';
import type {KeyPolicy, KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyRecordId} from '../../lib/storage/key-record-store.ts';
import {MemoryKeyUseStore} from './memory-key-use-store.ts';

const NOW = 1_795_000_000_000;
const ID = {keystoreId: 'https://kms.example/kms/keystores/z1', localKeyId: 'z2'};
const ONE = {count: 1, nonce: false};
const NONCE = {count: 1, nonce: true};

function keyWith(policy?: KeyPolicy, {versions = 1, localKeyId = ID.localKeyId} = {}): KeyRecord {
  return {
    ...ID,
    localKeyId,
    sequence: 0,
    type: 'urn:webkms:symmetric:AES-256-GCM',
    createdAt: NOW,
    updatedAt: NOW,
    origin: 'generated',
    state: 'enabled',
    ...(policy && {policy}),
    versions: Array.from({length: versions}, (_, index) => ({
      version: index + 1,
      createdAt: NOW,
      state: 'enabled',
      material: Uint8Array.of(1),
    })),
  };
}

const plain = keyWith();
const rotatedAfter = (afterUses: number): KeyRecord => keyWith({rotation: {afterUses}});

async function refusal(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => 'it was let through',
    (error: unknown) => error,
  );
}

describe('how often a key is used', () => {
  let store: MemoryKeyUseStore;
  let now: number;
  beforeEach(() => {
    store = new MemoryKeyUseStore();
    now = NOW;
  });
  const open = (onRotationDue?: UseLimitsOptions['onRotationDue']): UseLimits =>
    new UseLimits({store, now: () => now, ...(onRotationDue && {onRotationDue})});

  describe('counting', () => {
    it('touches no store where nobody asks for the count', async () => {
      store.failure = new UnavailableError('It must not be asked.');
      const limits = open();
      await limits.take(plain, ONE);
      await limits.take(keyWith({rotation: {afterSeconds: 1}, rate: {uses: 1, perSeconds: 1}}), ONE);
      await limits.take(rotatedAfter(1), {count: 0, nonce: true});
      expect(await refusal(limits.take(plain, NONCE))).to.equal(store.failure);
      expect(await refusal(limits.take(rotatedAfter(9), ONE))).to.equal(store.failure);
    });

    it('is of the newest version', async () => {
      const limits = open();
      await limits.take(keyWith(undefined, {versions: 3}), NONCE);
      expect(await limits.find(ID)).to.deep.equal(new Map([[3, 1]]));
      await limits.take(keyWith(undefined, {versions: 4}), NONCE);
      expect(await limits.find(ID)).to.deep.equal(
        new Map([
          [3, 1],
          [4, 1],
        ]),
      );
    });

    it('is in the store before a use is let through', async () => {
      const limits = open();
      const taken = limits.take(plain, {count: 7, nonce: true}).then(() => store.countOf(ID));
      expect(await taken).to.equal(7);
    });

    it('reserves more at a time the more a key is used, and less when it is used less', async () => {
      const limits = open();
      for (let use = 0; use < 20_000; use++) await limits.take(plain, NONCE);
      const grown = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096, 4096];
      expect(store.added).to.deep.equal(grown);
      store.added.length = 0;
      for (let block = 0; block < 4; block++) {
        now += 1000;
        while (store.added.length === block) await limits.take(plain, NONCE);
      }
      expect(store.added).to.deep.equal([2048, 1024, 512, 256]);
    });

    it('lets uses at the same time share what is reserved', async () => {
      const limits = open();
      await Promise.all(Array.from({length: 1000}, () => limits.take(plain, NONCE)));
      expect(store.added.length).to.be.at.most(2);
      expect(store.countOf(ID)).to.equal(1000);
    });

    it('gives all of a batch, or nothing', async () => {
      store.set(ID, 1, MAX_NONCES - 5);
      const limits = open();
      const attempt = await refusal(limits.take(plain, {count: 6, nonce: true}));
      expect(attempt).to.be.instanceOf(KeyStateError);
      await limits.take(plain, {count: 5, nonce: true});
      expect(await refusal(limits.take(plain, NONCE))).to.be.instanceOf(KeyStateError);
    });

    it('fails closed where the store cannot be asked, and goes on when it can', async () => {
      const limits = open();
      const failure = (store.failure = new UnavailableError('Not now.'));
      const outcomes = await Promise.all([1, 2, 3].map(() => refusal(limits.take(plain, NONCE))));
      expect(outcomes).to.deep.equal([failure, failure, failure]);
      store.failure = undefined;
      await limits.take(plain, NONCE);
      expect(store.countOf(ID)).to.equal(1);
    });

    it('is told of a key that is gone', async () => {
      store.remove(ID);
      expect(await refusal(open().take(plain, NONCE))).to.be.instanceOf(NotFoundError);
    });

    it('refuses what is no number of uses', async () => {
      for (const count of [-1, 1.5, NaN, Infinity]) {
        expect(await refusal(open().take(plain, {count, nonce: true}))).to.be.instanceOf(RangeError);
      }
    });

    it('remembers a bounded number of keys: what was reserved of the others counts as used', async () => {
      const limits = open();
      for (let use = 0; use < 3; use++) await limits.take(plain, NONCE);
      expect(store.added).to.deep.equal([1, 2]);
      for (let key = 0; key < 20_000; key++) {
        await limits.take(keyWith(undefined, {localKeyId: `other${key}`}), NONCE);
      }
      store.added.length = 0;
      await limits.take(plain, NONCE);
      expect(store.added).to.deep.equal([1]);
    }).timeout(20_000);
  });

  describe('the bound on nonces', () => {
    it('is exact for one node', async () => {
      store.set(ID, 1, MAX_NONCES - 300);
      const limits = open();
      for (let use = 0; use < 300; use++) await limits.take(plain, NONCE);
      const error = (await refusal(limits.take(plain, NONCE))) as KeyStateError;
      expect(error).to.be.instanceOf(KeyStateError);
      expect(error).to.include({status: 409, code: 'ERR_KEY_STATE'});
      expect(error.message).to.contain('rotate');
      expect(error.details).to.deep.equal({keyVersion: 1, maxUses: 2 ** 32});
      expect(store.countOf(ID)).to.equal(MAX_NONCES);
      // Who asks on and on writes nothing more.
      const {length} = store.added;
      expect(await refusal(limits.take(plain, NONCE))).to.be.instanceOf(KeyStateError);
      expect(store.added).to.have.lengthOf(length);
    });

    it('is of each version', async () => {
      store.set(ID, 1, MAX_NONCES);
      const limits = open();
      expect(await refusal(limits.take(plain, NONCE))).to.be.instanceOf(KeyStateError);
      await limits.take(keyWith(undefined, {versions: 2}), NONCE);
    });

    it('is told of while a quarter is left, once a day', async () => {
      const told: unknown[] = [];
      const onNoncesFew: UseLimitsOptions['onNoncesFew'] = (id, version) => void told.push({...id, version});
      store.set(ID, 1, MAX_NONCES * 0.75 - 3);
      const limits = new UseLimits({store, now: () => now, onNoncesFew});
      for (const few of [0, 0, 1, 1, 1]) {
        await limits.take(plain, NONCE);
        expect(told).to.deep.equal(few ? [{...ID, version: 1}] : []);
        now += 2000;
      }
      now += 86_400_000;
      await limits.take(plain, NONCE);
      await limits.take(plain, NONCE);
      expect(told).to.have.length(2);
      await limits.take(keyWith({rotation: {afterUses: 5}}, {localKeyId: 'z3'}), ONE);
      expect(told).to.have.length(2);
    });

    it('is not a bound of uses that take none', async () => {
      store.set(ID, 1, MAX_NONCES - 1);
      const limits = open();
      const key = rotatedAfter(10);
      await limits.take(key, ONE);
      await limits.take(key, ONE);
      expect(await refusal(limits.take(key, NONCE))).to.be.instanceOf(KeyStateError);
    });
  });

  describe('over nodes and crashes', () => {
    interface Step {
      readonly node: number;
      readonly count: number;
      readonly event: 'use' | 'crash' | 'lost answer';
      readonly waitMs: number;
    }
    const steps = fc.array(
      fc.record<Step>({
        node: fc.nat(2),
        count: fc.integer({min: 1, max: 12}),
        event: fc.constantFrom('use', 'use', 'use', 'use', 'use', 'crash', 'lost answer'),
        waitMs: fc.constantFrom(0, 0, 1500),
      }),
      {maxLength: 120},
    );

    async function run(script: readonly Step[], key: KeyRecord, nonce: boolean): Promise<number> {
      const nodes = [open(), open(), open()];
      let used = 0;
      let pending: Promise<void>[] = [];
      for (const {node, count, event, waitMs} of script) {
        now += waitMs;
        if (waitMs > 0) {
          await Promise.all(pending);
          pending = [];
        }
        if (event === 'crash') nodes[node] = open();
        store.failureAfterwards =
          event === 'lost answer' ? new UnavailableError('The answer was lost.') : undefined;
        const use = nodes[node]!.take(key, {count, nonce}).then(
          () => {
            used += count;
            // Not a moment later.
            expect(used).to.be.at.most(store.countOf(ID) - start);
          },
          (error: unknown) => {
            const type = error instanceof UnavailableError ? UnavailableError : KeyStateError;
            expect(error).to.be.instanceOf(type);
          },
        );
        pending.push(use);
        if (event !== 'use') await Promise.all(pending);
      }
      await Promise.all(pending);
      return used;
    }
    let start = 0;

    it('there are never more uses than are stored', async () => {
      await fc.assert(
        fc.asyncProperty(steps, fc.boolean(), async (script, nonce) => {
          [store, start] = [new MemoryKeyUseStore(), 0];
          const used = await run(script, rotatedAfter(100), nonce);
          expect(used).to.be.at.most(store.countOf(ID));
        }),
        {numRuns: 100},
      );
    });

    it('no more nonces are given than there are', async () => {
      await fc.assert(
        fc.asyncProperty(steps, fc.integer({min: 0, max: 400}), async (script, rest) => {
          [store, start] = [new MemoryKeyUseStore(), MAX_NONCES - rest];
          store.set(ID, 1, start);
          expect(await run(script, plain, true)).to.be.at.most(rest);
        }),
        {numRuns: 100},
      );
    });
  });

  describe('rotation after so many uses', () => {
    let asked: KeyRecordId[];
    const ask = async (id: KeyRecordId): Promise<void> => void asked.push(id);
    beforeEach(() => {
      asked = [];
    });

    it('is asked for with the very use that reaches the number, and uses go on', async () => {
      const limits = open(ask);
      const key = rotatedAfter(1000);
      for (let use = 1; use < 1000; use++) await limits.take(key, ONE);
      expect(asked).to.deep.equal([]);
      expect(store.countOf(ID)).to.equal(999);
      await limits.take(key, ONE);
      expect(asked).to.deep.equal([ID]);
      for (let use = 0; use < 1000; use++) await limits.take(key, ONE);
      expect(asked).to.have.lengthOf(1);
      // Near the number one by one, and otherwise not.
      expect(store.added.length).to.be.below(200);
    });

    it('is asked for where the policy is stricter than the count already is', async () => {
      const limits = open(ask);
      for (let use = 0; use < 50; use++) await limits.take(rotatedAfter(10_000), ONE);
      expect(asked).to.deep.equal([]);
      await limits.take(rotatedAfter(20), ONE);
      expect(asked).to.deep.equal([ID]);
    });

    it('counts what other nodes do', async () => {
      const [one, other] = [open(ask), open(ask)];
      const key = rotatedAfter(100);
      for (let use = 0; use < 50; use++) {
        await one.take(key, ONE);
        await other.take(key, ONE);
      }
      expect(asked).to.not.deep.equal([]);
    });

    it('is asked for again a minute later where it did not come about', async () => {
      let answer: () => void = () => undefined;
      const limits = open((id) => {
        asked.push(id);
        return new Promise((_, reject) => {
          answer = () => reject(new UnavailableError('Not now.'));
        });
      });
      const key = rotatedAfter(1);
      await limits.take(key, ONE);
      now += 120_000;
      await limits.take(key, ONE);
      expect(asked, 'while the first is under way').to.have.lengthOf(1);
      answer();
      await new Promise(setImmediate);
      await limits.take(key, ONE);
      expect(asked).to.have.lengthOf(2);
      answer();
      await new Promise(setImmediate);
      now += 59_999;
      await limits.take(key, ONE);
      expect(asked).to.have.lengthOf(2);
      now += 1;
      await limits.take(key, ONE);
      expect(asked).to.have.lengthOf(3);
    });

    it('is asked for of each version', async () => {
      const limits = open(ask);
      const policy = {rotation: {afterUses: 2}};
      for (const versions of [1, 2]) {
        for (let use = 0; use < 2; use++) await limits.take(keyWith(policy, {versions}), ONE);
        expect(asked).to.have.lengthOf(versions);
      }
    });
  });

  describe('the rate', () => {
    const rated = keyWith({rate: {uses: 3, perSeconds: 10}});

    it('lets as many through as the policy says, of each key, and says when to come again', () => {
      const limits = open();
      limits.limitRate(rated, 1);
      now += 2500;
      limits.limitRate(rated, 2);
      const again = (key: KeyRecord): void => limits.limitRate(key, 1);
      expect(() => again(rated))
        .to.throw(RateLimitError)
        .with.property('retryAfterSeconds', 8);
      again(keyWith(rated.policy, {localKeyId: 'another'}));
      now += 7499;
      expect(() => again(rated))
        .to.throw(RateLimitError)
        .with.property('retryAfterSeconds', 1);
      now += 1;
      again(rated);
    });

    it('counts nothing of what it refuses', () => {
      const limits = open();
      limits.limitRate(rated, 2);
      for (let attempt = 0; attempt < 9; attempt++)
        expect(() => limits.limitRate(rated, 2)).to.throw(RateLimitError);
      limits.limitRate(rated, 1);
    });

    it('says of more than it ever lets through that the policy forbids it', () => {
      const limits = open();
      expect(() => limits.limitRate(rated, 4))
        .to.throw(KeyPolicyError)
        .with.deep.property('details', {policy: 'rate'});
      limits.limitRate(rated, 3);
    });

    it('takes the policy as it is now', () => {
      const limits = open();
      limits.limitRate(rated, 3);
      limits.limitRate(keyWith({rate: {uses: 5, perSeconds: 10}}), 2);
      expect(() => limits.limitRate(rated, 1)).to.throw(RateLimitError);
    });

    it('does not stop for good where the clock is set back', () => {
      const limits = open();
      limits.limitRate(rated, 3);
      now -= 3_600_000;
      limits.limitRate(rated, 3);
      expect(() => limits.limitRate(rated, 1)).to.throw(RateLimitError);
    });

    it('is no bound where there is none', () => {
      const limits = open();
      for (let use = 0; use < 1000; use++) limits.limitRate(plain, 1000);
    });
  });
});
