import {expect} from 'chai';
import fc from 'fast-check';
import {UnavailableError} from '../../../lib/errors.ts';
import {encodeRow} from '../../../lib/isolation/protocol/rows.ts';
import {storedKey, storedKeystore} from '../../../lib/isolation/protocol/record-shapes.ts';
import type {KeystoreConfig} from '../../../lib/storage/keystore-config-store.ts';
import {KeyProcessScene} from './scene.ts';

const LONG = `${'x'.repeat(1900)}${'\u{1f511}'.repeat(100)}`;
const TEXTS = ['', LONG, '__proto__', 'file:/etc/passwd', 'shamir:2-of-2', 'retiring', '../..'];
const NUMBERS = [0, 1, -1, 2 ** 31, Number.MAX_SAFE_INTEGER];

/** One member, anywhere in it, is another. @param at which, of those on the way */
function changed(value: unknown, at: number): unknown {
  if (value instanceof Uint8Array)
    return Uint8Array.from(value, (byte, i) => (i === at % value.length ? byte ^ 1 : byte));
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return at % 3 === 0
      ? [...items, ...items]
      : items.map((item, i) => (i === at % items.length ? changed(item, at >> 2) : item));
  }
  if (typeof value === 'string') return TEXTS[at % TEXTS.length];
  if (typeof value === 'number') return NUMBERS[at % NUMBERS.length];
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value);
  const name = names[at % names.length] ?? '';
  return {...value, [name]: changed((value as Readonly<Record<string, unknown>>)[name], at >> 3)};
}

/** Somebody has taken the HTTP process: it keeps to the protocol, and says what suits them. */
describe('a key process that is told lies of its store', function () {
  this.timeout(120_000);
  let scene: KeyProcessScene;
  let keystores: readonly KeystoreConfig[];
  let ids: readonly string[];

  beforeEach(async () => {
    scene = await KeyProcessScene.create();
    await scene.open();
    keystores = [await scene.makeKeystore('a'), await scene.makeKeystore('b')];
    ids = await Promise.all(keystores.map((keystore) => scene.makeKey(keystore)));
  });
  afterEach(() => scene.close());

  /** What is asked, about one keystore; with the rows as they are, or another's, or changed. */
  const asks: Readonly<Record<string, (which: number, at: number) => Promise<unknown>>> = {
    sign: async (which) => scene.keys.runOnKey(await scene.signing(keystores[which]!, ids[which]!)),
    signByAnother: async (which) => {
      const call = await scene.signing(keystores[which]!, ids[which]!);
      return scene.keys.runOnKey({
        ...call,
        key: await scene.keyRow(keystores[1 - which]!.id, ids[1 - which]!),
      });
    },
    signByChanged: async (which, at) => {
      const call = await scene.signing(keystores[which]!, ids[which]!);
      const stored = await scene.storedKey(keystores[which]!.id, ids[which]!);
      return scene.keys.runOnKey({...call, key: encodeRow(storedKey, changed(stored, at) as typeof stored)});
    },
    verifyChanged: async (which, at) => {
      const stored = await scene.storedKeystore(keystores[which]!.id);
      return scene.keys.verifyKeystore(encodeRow(storedKeystore, changed(stored, at) as typeof stored));
    },
    make: (which) => scene.makeKey(keystores[which]!),
    find: (which) => scene.keystores.find(keystores[which]!.id),
    check: () => scene.keys.check(),
    rotate: (which) => scene.keys.admin('rotate', {keystore: keystores[which]!.id}, which),
    checkAll: (which) => scene.keys.admin('check', {}, which),
    roots: (which) => scene.keys.admin('root.list', {}, which),
    backUp: async (which) => {
      await scene.backups.begin(which).catch(() => undefined);
      await scene.backups.start(which, 10).catch(() => undefined);
      await scene.backups.seal(which, new Uint8Array(10)).catch(() => undefined);
      await scene.backups.end(which);
    },
  };

  it('answers whatever is asked, goes on, and signs when it hears the truth', async () => {
    const remembered = new Map<string, unknown[]>();
    const lies: Readonly<
      Record<string, (at: number, result: unknown, before: readonly unknown[]) => unknown>
    > = {
      another: (at, _, before) => before[at % before.length],
      nothing: () => undefined,
      changed: (at, result) => changed(result, at),
      fails: () => {
        throw new UnavailableError(LONG, {cause: new Error(LONG)});
      },
    };
    const lie = fc.record({lie: fc.constantFrom(...Object.keys(lies)), after: fc.nat(6), at: fc.nat(9999)});
    const step = fc.record({
      ask: fc.constantFrom(...Object.keys(asks)),
      which: fc.nat(1),
      at: fc.nat(9999),
      lies: fc.array(lie, {maxLength: 3}),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, {minLength: 1, maxLength: 8}), async (steps) => {
        await Promise.all(
          steps.map(async (each) => {
            let calls = 0;
            scene.lie = (name, result) => {
              const before = remembered.get(name) ?? [];
              remembered.set(name, [...before.slice(-20), result]);
              const told = each.lies.find(({after}) => after === calls);
              calls += 1;
              return told ? lies[told.lie]!(told.at, result, before) : result;
            };
            await asks[each.ask]!(each.which, each.at).catch((error: unknown) =>
              expect(error).to.be.instanceOf(Error),
            );
          }),
        );
        scene.lie = (_, result) => result;
        expect(await scene.keys.admin('status', {}, 9)).to.include({sealed: false});
      }),
      {numRuns: 60},
    );
    expect(await asks['sign']!(0, 0)).to.have.property('signatureValue');
  });
});
