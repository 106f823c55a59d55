import {expect} from 'chai';
import type {KeyModule, KeyVersion} from '../../lib/key-modules/key-module.ts';
import {wholeSupport} from '../../lib/key-modules/key-type-support.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {unwrapKey} from '../../lib/operations/unwrap-key.ts';
import {usableKey, type UsableKey} from '../../lib/operations/usable-key.ts';
import {verify} from '../../lib/operations/verify.ts';
import {generateRecord} from './fixtures.ts';

/** So long that a hundred times are several turns of the event loop. */
function takeTime(): void {
  for (const end = performance.now() + 0.2; performance.now() < end;);
}

/** A key of a thousand versions, and which of them its module was asked, in order. The first one finds. */
async function oldKey(
  type: KeyType,
  eachTakes: () => void = () => undefined,
): Promise<{key: UsableKey; asked: number[]}> {
  const record = await generateRecord(type);
  const [first] = record.versions;
  const versions = Array.from({length: 1000}, (_, index) => ({...first!, version: index + 1}));
  const asked: number[] = [];
  const isFirst = ({version}: KeyVersion): boolean => {
    asked.push(version);
    eachTakes();
    return version === 1;
  };
  const module = {
    keyType: wholeSupport,
    verify: async (version: KeyVersion) => isFirst(version),
    unwrapKey: async (version: KeyVersion) => (isFirst(version) ? Buffer.alloc(16, 1) : undefined),
  } as unknown as KeyModule;
  return {key: usableKey({...record, versions}, module), asked};
}

describe('operations that try the versions of a key', () => {
  const signed = {verifyData: 'AAAA', signatureValue: 'AAAA'};

  it('verify tries the newest hundred, or the one that is named', async () => {
    const {key, asked} = await oldKey('Sha256HmacKey2019');
    expect(await verify(signed, key)).to.deep.equal({verified: false});
    expect(asked).to.deep.equal(Array.from({length: 100}, (_, index) => 1000 - index));
    asked.length = 0;
    expect(await verify({...signed, keyVersion: 1}, key)).to.deep.equal({verified: true, keyVersion: 1});
    expect(asked).to.deep.equal([1]);
  });

  it('unwrapping tries them all: what wrapped a key nobody can name', async () => {
    const {key, asked} = await oldKey('AesKeyWrappingKey2019');
    expect(await unwrapKey({wrappedKey: 'AAAA'}, key)).to.not.deep.equal({unwrappedKey: null});
    expect(asked).to.have.lengthOf(1000);
  });

  it('others get their turn meanwhile', async () => {
    for (const run of [
      async () => unwrapKey({wrappedKey: 'AAAA'}, (await oldKey('AesKeyWrappingKey2019', takeTime)).key),
      async () => verify(signed, (await oldKey('Sha256HmacKey2019', takeTime)).key),
    ]) {
      let turns = 0;
      let done = false;
      const running = run().finally(() => (done = true));
      const others = async (): Promise<void> => {
        while (!done) {
          turns++;
          await new Promise(setImmediate);
        }
      };
      await Promise.all([running, others()]);
      expect(turns).to.be.at.least(5);
    }
  });
});
