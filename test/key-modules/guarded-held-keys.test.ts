import {inspect} from 'node:util';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {MemoryKeyModule} from '../../examples/memory-key-module.ts';
import {InternalError, UnavailableError} from '../../lib/errors.ts';
import {GuardedKeyModule} from '../../lib/key-modules/guarded-key-module.ts';
import type {HeldKey, HeldKeys} from '../../lib/key-modules/held-keys.ts';
import type {KeyModule} from '../../lib/key-modules/key-module.ts';
import {rejection} from './fixtures.ts';

const KEY: HeldKey = {material: Buffer.from('ref'), keystore: 'z1A', localKeyId: 'z1K', version: 1};

describe('the guard of what key modules keep', () => {
  /** @param held as a hostile module has it */
  function guarded(held: object, limits = {}): HeldKeys {
    const module: KeyModule = Object.assign(new MemoryKeyModule('memory'), {held: held as HeldKeys});
    const guard = new GuardedKeyModule(module, limits);
    if (!guard.held) throw new Error('It was not passed on.');
    return guard.held;
  }
  const listing = (value: unknown): Promise<readonly HeldKey[]> =>
    guarded({list: async () => value, destroy: async () => undefined}).list();
  /** What was wrong. */
  const refused = async (value: unknown): Promise<string> => {
    const error = await rejection(listing(value));
    expect(error).to.be.instanceOf(InternalError);
    expect(error.message).to.equal('An internal error occurred.');
    return inspect(error);
  };

  it('is absent where the module keeps nothing', () => {
    expect(new GuardedKeyModule(new MemoryKeyModule('memory')).held).to.equal(undefined);
  });

  it('passes on what the interface says, in copies that stay as they were', async () => {
    const mine = {...KEY, material: Buffer.from('ref'), more: 'x'};
    const [key] = await listing([mine]);
    expect(key).to.deep.equal({...KEY, material: Uint8Array.from(KEY.material)});
    mine.material.fill(0);
    mine.keystore = 'z1B';
    expect(key).to.deep.equal({...KEY, material: Uint8Array.from(KEY.material)});
    const twin = {...KEY, material: Buffer.from('other')};
    expect(await listing([KEY, twin])).to.have.length(2);
    expect(await listing([])).to.deep.equal([]);
  });

  it('passes on no list that is none', async () => {
    for (const value of [
      undefined,
      null,
      1,
      'text',
      {length: 1, 0: KEY},
      new Map([[1, KEY]]),
      new Set([KEY]),
    ])
      expect(await refused(value), typeof value).to.include('no list of keys');
    const endless = new Proxy([], {get: (_, name) => (name === 'length' ? 2 ** 32 : KEY)});
    expect(await refused(endless)).to.include('more than 1000000 keys');
    for (const value of [[null], [KEY, undefined], [, KEY], ['text']])
      expect(await refused(value)).to.include('no object');
    const throwing = Object.defineProperty([KEY], 0, {
      get: () => {
        throw new Error('not today');
      },
    });
    expect(await refused(throwing)).to.include('not today');
  });

  it('passes on no key that is none, and none twice', async () => {
    for (const material of [
      undefined,
      null,
      'ref',
      [1],
      Buffer.alloc(0),
      Buffer.alloc(65_537),
      new ArrayBuffer(3),
    ])
      expect(await refused([{...KEY, material}])).to.match(/no bytes|material of 0 bytes/);
    for (const name of ['keystore', 'localKeyId'])
      for (const value of [
        undefined,
        '',
        1,
        'a/b',
        'a#1',
        '\u001B[2J',
        'a b',
        'ü',
        'a'.repeat(129),
        ['z1A'],
        {},
      ])
        expect(await refused([{...KEY, [name]: value}]), JSON.stringify(value)).to.include(
          'no segment of a URL',
        );
    for (const version of [undefined, 0, -1, 1.5, NaN, Infinity, '1', 1n, 2 ** 40])
      expect(await refused([{...KEY, version}]), String(version)).to.include('whose version');
    expect(await refused([KEY, {...KEY, keystore: 'z1B'}])).to.include('the same key twice');
  });

  it('waits for a list, and for an erasure, so long and no longer', async () => {
    const slow = async (): Promise<never> => {
      await sleep(500);
      throw new Error('It came too late.');
    };
    const held = guarded({list: slow, destroy: slow}, {operationMs: 20, listingMs: 30});
    expect(await rejection(held.list())).to.be.instanceOf(UnavailableError);
    expect(await rejection(held.destroy(KEY))).to.be.instanceOf(UnavailableError);
  });

  it('knows errors by their codes, and what is thrown at once', async () => {
    const away = Object.assign(new Error('host 10.0.0.7'), {code: 'ERR_UNAVAILABLE'});
    const held = guarded({
      list: () => {
        throw away;
      },
      destroy: async () => {
        throw new TypeError('x');
      },
    });
    expect(await rejection(held.list()))
      .to.be.instanceOf(UnavailableError)
      .with.property('message', 'The key module cannot be used now.');
    expect(await rejection(held.destroy(KEY))).to.be.instanceOf(InternalError);
  });

  it('gives the module a copy of the key to be erased, and its own `this`', async () => {
    const erased: HeldKey[] = [];
    class Held {
      readonly #keys = [KEY];
      async list(): Promise<readonly HeldKey[]> {
        return this.#keys;
      }
      async destroy(key: HeldKey): Promise<string> {
        erased.push({...key, material: Uint8Array.from(key.material)});
        key.material.fill(0);
        return 'whatever';
      }
    }
    const held = guarded(new Held());
    const [key] = await held.list();
    await held.destroy(key!);
    expect(erased).to.deep.equal([key]);
    expect(Buffer.from(key!.material).toString()).to.equal('ref');
  });
});
