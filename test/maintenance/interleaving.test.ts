import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import * as fc from 'fast-check';
import {UnavailableError} from '../../lib/errors.ts';
import type {JobRunner} from '../../lib/maintenance/job-runner.ts';
import type {MaintenanceJob} from '../../lib/storage/maintenance-job-store.ts';
import {staleRows} from '../demonstrations/key-versions.ts';
import {makeTempDir} from '../sealing/temp-dir.ts';
import {Node} from './node.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const EVERYTHING = ['rotate', 'rewrap', 'prune'] as const;

type Event =
  | {readonly kind: 'add key'; readonly node: number; readonly keystore: number}
  | {readonly kind: 'add keystore'; readonly node: number}
  | {readonly kind: 'update keystore'; readonly node: number; readonly keystore: number}
  | {readonly kind: 'crash'; readonly node: number}
  | {readonly kind: 'resume'; readonly node: number}
  | {readonly kind: 'wait'; readonly ms: number};

const node = fc.nat({max: 1});
const keystore = fc.nat({max: 4});
const event: fc.Arbitrary<Event> = fc.oneof(
  {weight: 6, arbitrary: fc.record({kind: fc.constant('add key' as const), node, keystore})},
  {weight: 1, arbitrary: fc.record({kind: fc.constant('add keystore' as const), node})},
  {weight: 2, arbitrary: fc.record({kind: fc.constant('update keystore' as const), node, keystore})},
  {weight: 1, arbitrary: fc.record({kind: fc.constant('crash' as const), node})},
  {weight: 2, arbitrary: fc.record({kind: fc.constant('resume' as const), node})},
  {weight: 3, arbitrary: fc.record({kind: fc.constant('wait' as const), ms: fc.nat({max: 15})})},
);

/** Two nodes over one store; which of them has the job changes, and what is written goes on meanwhile. */
class Scene {
  readonly #nodes: readonly Node[];
  readonly #keystores: string[];
  readonly #runners: (JobRunner | undefined)[] = [];
  keys = 0;

  constructor(nodes: readonly Node[], keystores: string[]) {
    this.#nodes = nodes;
    this.#keystores = keystores;
  }

  start(): Promise<MaintenanceJob> {
    return this.#runner(0).start({steps: EVERYTHING});
  }

  async happen(event: Event): Promise<void> {
    switch (event.kind) {
      case 'add key':
        return this.#write(async () => {
          await this.#node(event).addKey(this.#keystore(event));
          this.keys++;
        });
      case 'add keystore':
        return this.#write(async () => void this.#keystores.push(await this.#node(event).addKeystore()));
      case 'update keystore':
        return this.#write(async () => {
          const {keystores} = this.#node(event).management.requestStores;
          const replaced = (await keystores.find(this.#keystore(event)))!;
          const config = {...replaced, sequence: replaced.sequence + 1};
          await keystores.update(config, {replaced, updater: String(config.controller)});
        });
      case 'crash':
        // What it is doing it goes on to do: nothing waits for it.
        void this.#runners[event.node]?.close();
        this.#runners[event.node] = undefined;
        return;
      case 'resume':
        this.#runner(event.node).resume();
        return;
      case 'wait':
        await sleep(event.ms);
    }
  }

  #node(event: {readonly node: number}): Node {
    return this.#nodes[event.node]!;
  }

  #keystore(event: {readonly keystore: number}): string {
    return this.#keystores[event.keystore % this.#keystores.length]!;
  }

  #runner(index: number): JobRunner {
    return (this.#runners[index] ??= this.#nodes[index]!.runner({pace: {rate: 300}}));
  }

  /** As a client does that is told to try again. */
  async #write(write: () => Promise<void>): Promise<void> {
    for (let attempts = 0; ; attempts++) {
      try {
        await write();
        return;
      } catch (error) {
        if (!(error instanceof UnavailableError) || attempts === 5) throw error;
        await sleep(20);
      }
    }
  }
}

describe('rotation among writers', function () {
  this.timeout(LONG ? 600_000 : 60_000);

  it('leaves nothing under an old version, and every key opens, whatever happens meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, {minLength: 20, maxLength: 60}), async (events) => {
        const directory = await makeTempDir();
        const nodes = [await Node.open(directory.path('data')), await Node.open(directory.path('data'))];
        try {
          const [first, second] = nodes as [Node, Node];
          const scene = new Scene(nodes, await first.populate({keystores: 2, keys: 10}));
          const {id} = await scene.start();
          for (const each of events) await scene.happen(each);

          const runner = second.runner();
          await runner.watch(id, {report: () => undefined, signal: new AbortController().signal});
          // What came too late for it.
          const outcome = await second.run({steps: ['rewrap', 'prune']}, {runner});
          expect(outcome).to.deep.include({remaining: [], remainingNotListed: 0});
          expect(staleRows(directory.path('data'))).to.equal(0);
          expect(await first.useEveryKey()).to.equal(20 + scene.keys);
          for (const scope of (await first.management.stores.keystores.listIds({limit: 99})).results) {
            const {rootKey = []} = await first.versions(scope);
            // Rotated once, or made meanwhile; and the old version is gone.
            expect(rootKey).to.have.lengthOf(1);
            expect(rootKey[0]).to.be.at.most(2);
          }
        } finally {
          await Promise.all(nodes.map((each) => each.close()));
          await directory.remove();
        }
      }),
      {numRuns: LONG ? 50 : 6},
    );
  });
});
