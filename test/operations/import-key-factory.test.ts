import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {ImportKeyFactory, type ImportKeyPair} from '../../lib/operations/import-key-factory.ts';
import {rejection} from '../key-modules/fixtures.ts';

const PAIR: ImportKeyPair = {publicKey: Buffer.of(1), privateKey: Buffer.of(2)};
const turn = (): Promise<void> => new Promise(setImmediate);

describe('keys under which keys are imported', () => {
  /** Those that are being made. */
  let making: PromiseWithResolvers<ImportKeyPair>[];
  /** Keystores, in the order in which they got theirs. */
  let got: string[];
  let factory: ImportKeyFactory;
  beforeEach(() => {
    making = [];
    got = [];
    factory = new ImportKeyFactory(() => {
      const made = Promise.withResolvers<ImportKeyPair>();
      making.push(made);
      return made.promise;
    });
  });
  const ask = (keystore: string): Promise<unknown> =>
    factory.generate(keystore).then(
      () => got.push(keystore),
      (error: unknown) => error,
    );

  it('are made two at a time; who has had one comes after those who wait', async () => {
    const asked = ['a', 'b', 'c', 'd'].map(ask);
    await turn();
    expect(making).to.have.lengthOf(2);
    making[0]!.resolve(PAIR);
    await turn();
    asked.push(ask('a'));
    for (let made = 1; made < 5; made++) {
      making[made]!.resolve(PAIR);
      await turn();
      expect(making.length).to.equal(Math.min(5, made + 3));
    }
    await Promise.all(asked);
    expect(got).to.deep.equal(['a', 'b', 'c', 'd', 'a']);
  });

  it('that fail give their place to the next', async () => {
    const asked = ['a', 'b', 'c', 'd'].map(ask);
    await turn();
    for (const made of making.slice()) made.reject(new Error('no entropy'));
    await turn();
    expect(making).to.have.lengthOf(4);
    for (const made of making.slice(2)) made.resolve(PAIR);
    await Promise.all(asked);
    expect(got).to.deep.equal(['c', 'd']);
  });

  it('are waited for by so many, and by no more', async () => {
    const asked = Array.from({length: 34}, (_, i) => ask(`${i}`));
    const refused = await rejection(factory.generate('one more'));
    expect(refused).to.be.instanceOf(UnavailableError).with.property('retryAfterSeconds', 1);
    for (let made = 0; made < 34; made++) {
      making[made]!.resolve(PAIR);
      await turn();
    }
    await Promise.all(asked);
    expect(got).to.have.lengthOf(34);
  });
});
