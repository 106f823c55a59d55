import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {InternalError, UnavailableError} from '../../lib/errors.ts';
import type {KeyModule, KeyVersion} from '../../lib/key-modules/key-module.ts';
import {PendingErasures} from '../../lib/key-modules/pending-erasures.ts';
import {until} from '../maintenance/until.ts';

const keyOf = (localKeyId: string): KeyVersion => ({
  keystoreId: 'https://localhost:9443/kms/keystores/z1',
  localKeyId,
  type: 'Sha256HmacKey2019',
  version: 1,
  material: Buffer.of(1),
});

describe('keys that could not be erased', () => {
  let asked: string[];
  let lines: string[];
  let failure: Error | undefined;
  let erasures: PendingErasures;
  const tell = (_: object, message: string): void => void lines.push(message);
  const moduleOf = (name: string): KeyModule =>
    ({
      destroyKey: async ({localKeyId}: KeyVersion) => {
        asked.push(`${name} ${localKeyId}`);
        if (failure) throw failure;
      },
    }) as unknown as KeyModule;
  const hsm = moduleOf('hsm');

  beforeEach(() => {
    [asked, lines, failure] = [[], [], undefined];
    erasures = new PendingErasures({log: {info: tell, warn: tell}, firstMs: 2, mostMs: 10});
  });
  afterEach(() => erasures.close());

  it('are erased when their module is there again, each once', async () => {
    failure = new UnavailableError('away');
    for (const name of ['a', 'b', 'c']) expect(erasures.add(keyOf(name), () => hsm)).to.equal(true);
    await until(async () => asked.length > 3);
    // A module that is away is asked for one of them.
    expect(new Set(asked)).to.deep.equal(new Set(['hsm a']));
    failure = undefined;
    asked = [];
    await until(async () => asked.length === 3);
    await sleep(30);
    expect(asked).to.deep.equal(['hsm a', 'hsm b', 'hsm c']);
    expect(lines).to.deep.equal(
      Array.from({length: 3}, () => 'a key that was left in its key module was erased'),
    );
  });

  it('do not wait for those of another module', async () => {
    failure = new UnavailableError('away');
    const other = {destroyKey: async () => void asked.push('other')} as unknown as KeyModule;
    erasures.add(keyOf('a'), () => hsm);
    erasures.add(keyOf('b'), () => other);
    await until(async () => asked.includes('other'));
  });

  it('are left where their module says that it cannot, or is not offered any more', async () => {
    failure = new InternalError(new Error('no'));
    erasures.add(keyOf('a'), () => hsm);
    await until(async () => lines.length > 0);
    await sleep(20);
    expect(asked).to.deep.equal(['hsm a']);
    expect(lines).to.deep.equal(['a key is left in its key module, which could not erase it']);
  });

  it('are named when the process ends, and not asked for after that', async () => {
    failure = new UnavailableError('away');
    erasures.add(keyOf('a'), () => hsm);
    await until(async () => asked.length > 0);
    await erasures.close();
    const {length} = asked;
    expect(lines).to.deep.equal(['a key is left in its key module']);
    expect(erasures.add(keyOf('b'), () => hsm)).to.equal(false);
    await sleep(20);
    expect(asked).to.have.length(length);
  });

  it('are so many and no more', () => {
    let kept = 0;
    while (kept < 20_000 && erasures.add(keyOf('a'), () => undefined)) kept += 1;
    expect(kept).to.equal(10_000);
  });
});
