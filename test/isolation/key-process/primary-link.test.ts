import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {duplexPair, type Duplex} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {KeyProcessStartError} from '../../../lib/isolation/protocol/key-process-start-error.ts';
import {
  PRIMARY_METHODS,
  WORKERS_KEYS_METHODS,
  type PrimaryProcess,
  type WorkersKeys,
} from '../../../lib/isolation/protocol/primary-methods.ts';
import {ProcessConnection} from '../../../lib/isolation/protocol/process-connection.ts';
import {handlersOf, remote} from '../../../lib/rpc/remote-interface.ts';
import {SealedError} from '../../../lib/sealing/sealing-errors.ts';
import type {RootsChange} from '../../../lib/sealing/root-of-trust-options.ts';
import {rejection} from '../../key-modules/fixtures.ts';
import {KeyProcessScene} from './scene.ts';

/** The primary, as one key process sees it. */
class PrimaryScene {
  readonly keys: WorkersKeys;
  /** The key process's end. */
  readonly stream: Duplex;
  readonly changes: RootsChange[] = [];
  /** What was said to have been used. */
  readonly used: string[] = [];
  readonly #own: Duplex;

  constructor(handOver: PrimaryProcess['handOver'] = async () => undefined) {
    const [own, keyEnd] = duplexPair();
    this.#own = own;
    this.stream = keyEnd;
    const primary: PrimaryProcess = {
      handOver,
      rootsUsed: async (fingerprints) => void this.used.push(...fingerprints),
      rootsChanged: async (change) => void this.changes.push(change),
      workers: async () => [{number: 1, pid: 2, state: 'listening', sealed: false}],
    };
    const connection = new ProcessConnection(own, {
      peer: 'key process',
      methods: new Map(handlersOf<PrimaryProcess>('primary', PRIMARY_METHODS, primary)),
      onEnd: () => undefined,
    });
    this.keys = remote<WorkersKeys>('workers-keys', WORKERS_KEYS_METHODS, connection);
  }

  die(): void {
    this.#own.destroy();
  }
}

describe('key process of a worker', () => {
  const scenes: KeyProcessScene[] = [];
  afterEach(async () => {
    for (const scene of scenes.splice(0)) await scene.close();
  });

  const begin = async (primary: PrimaryScene, dataDir?: string): Promise<KeyProcessScene> => {
    const scene = await KeyProcessScene.create({primary: primary.stream, ...(dataDir && {dataDir})});
    scenes.push(scene);
    return scene;
  };

  it('opens what the primary says, and nothing that the worker says', async () => {
    const primary = new PrimaryScene();
    const scene = await begin(primary);
    expect(await rejection(scene.open())).to.be.instanceOf(Error);
    expect(await rejection(scene.makeKeystore('a'))).to.have.property('code', 'ERR_UNAVAILABLE');
    expect(await primary.keys.open(scene.request())).to.include({sealed: false, created: true});
    await scene.makeKeystore('a');
    expect(scene.sealed).to.deep.equal([false]);
    expect(await rejection(primary.keys.open(scene.request()))).to.be.instanceOf(Error);
    expect(await rejection(scene.open())).to.be.instanceOf(Error);
    expect(await scene.keys.admin('status', {}, 1)).to.have.nested.property('workers[0].pid', 2);
  });

  for (const method of ['handOver', 'follow', 'open'] as const) {
    it(`ends with a worker that asks for what is the primary’s to ask: ${method}`, async () => {
      const primary = new PrimaryScene();
      const scene = await begin(primary);
      await primary.keys.open(scene.request());
      const parameters = {handOver: [new Uint8Array(32)], follow: ['seal', 1, []], open: [scene.request()]};
      const asWorker = scene.sendRaw(`workers-keys.${method}`, parameters[method]);
      expect(await rejection(asWorker)).to.be.instanceOf(Error);
      expect(await scene.ended).to.be.instanceOf(Error);
    });
  }

  it('says which roots it has used, and uses no others than those that the primary has heard of', async () => {
    const primary = new PrimaryScene();
    const first = await begin(primary);
    const request = first.request();
    await primary.keys.open(request);
    expect(primary.used).to.have.length(1);
    const again = new PrimaryScene();
    await begin(again, first.dataDir);
    await again.keys.open({...request, usedRoots: primary.used});
    expect(again.used).to.deep.equal(primary.used);
    const other = new PrimaryScene();
    await begin(other, first.dataDir);
    const refused = await rejection(other.keys.open({...request, usedRoots: ['another']}));
    expect(refused).to.include({reason: 'root-of-trust'});
    expect(other.used).to.deep.equal(['another']);
  });

  it('takes the roots that another has open, where it could open none; gives away nothing while it is sealed', async () => {
    const first = new PrimaryScene();
    const one = await begin(first);
    expect(await first.keys.handOver(new Uint8Array(32))).to.equal(undefined);
    await first.keys.open(one.request());
    await rm(join(one.dataDir, 'root.key'));

    const alone = new PrimaryScene();
    const without = await begin(alone, one.dataDir);
    const error: unknown = await rejection(alone.keys.open(without.request()));
    expect(error).to.be.instanceOf(KeyProcessStartError).with.property('reason', 'root-of-trust');

    const asked: (number | undefined)[] = [];
    const second = new PrimaryScene((point, from) => {
      asked.push(from);
      return first.keys.handOver(point);
    });
    const other = await begin(second, one.dataDir);
    expect(await second.keys.open(other.request())).to.include({sealed: false});
    expect(asked).to.deep.equal([undefined]);

    await one.keys.admin('seal', {}, 1);
    expect(first.changes).to.deep.equal(['seal']);
    expect(await first.keys.handOver(new Uint8Array(32).fill(9))).to.equal(undefined);
    await second.keys.follow('seal', 1, []);
    // Said before it is answered.
    expect(other.sealed).to.deep.equal([false, true, true]);
    expect(await rejection(other.makeKeystore('b'))).to.be.instanceOf(SealedError);
  });

  it('opens nothing of a server that was sealed, and asks nobody for it', async () => {
    let isAsked = false;
    const primary = new PrimaryScene(async () => {
      isAsked = true;
      return undefined;
    });
    const scene = await begin(primary);
    const made = await KeyProcessScene.create({dataDir: scene.dataDir});
    await made.open();
    await made.keys.close();
    expect(await primary.keys.open({...scene.request(), sealed: true})).to.include({sealed: true});
    expect(isAsked).to.equal(false);
    await primary.keys.follow('unseal', 1, []);
    expect(isAsked).to.equal(true);
    expect(scene.sealed.at(-1)).to.equal(false);
    await made.stores.close();
  });

  it('follows what was done while it opened when it has', async () => {
    const primary = new PrimaryScene();
    const scene = await begin(primary);
    const followed = primary.keys.follow('seal', 1, []);
    await sleep(20);
    await primary.keys.open(scene.request());
    await followed;
    expect(scene.sealed[0]).to.equal(false);
    expect(scene.sealed.at(-1)).to.equal(true);
  });

  it('goes on for its worker where the primary is gone', async () => {
    const primary = new PrimaryScene();
    const scene = await begin(primary);
    await primary.keys.open(scene.request());
    primary.die();
    await sleep(20);
    await scene.makeKeystore('a');
    // And what is to be done in all cannot be.
    expect(await rejection(scene.keys.admin('seal', {}, 1))).to.be.instanceOf(Error);
  });
});
