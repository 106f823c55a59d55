import {expect} from 'chai';
import fc from 'fast-check';
import {CollectionView} from '../../../lib/sealing/key-hierarchy/collection-view.ts';

describe('CollectionView', () => {
  it('tells own changes from those of others', async () => {
    let version = 7;
    const view = new CollectionView(async () => version);
    expect(await view.update(), 'nothing is known before the first').to.be.true;
    expect(await view.update()).to.be.false;
    await view.change(async () => version++);
    expect(await view.update(), 'an own change').to.be.false;
    version++;
    expect(await view.update(), 'a change by others').to.be.true;
    await view.change(async () => version++);
    version++;
    expect(await view.update(), 'both').to.be.true;
    await view.change(
      async () => 0,
      (changed) => changed > 0,
    );
    version++;
    expect(await view.update(), 'an own change that changed nothing, and another').to.be.true;
    expect(await view.update()).to.be.false;
  });

  it('does not count an own change that failed', async () => {
    let version = 0;
    const view = new CollectionView(async () => version);
    await view.update();
    await view.change(() => Promise.reject(new Error('The store is down.'))).catch(() => undefined);
    version++;
    expect(await view.update()).to.be.true;
  });

  it('does not count an own change that an earlier update has seen', async () => {
    let version = 0;
    const view = new CollectionView(async () => version);
    await view.update();
    const held = Promise.withResolvers<undefined>();
    const change = view.change(async () => {
      version++;
      await held.promise;
    });
    expect(await view.update()).to.be.true;
    held.resolve(undefined);
    await change;
    version++;
    expect(await view.update()).to.be.true;
    expect(await view.update()).to.be.false;
  });

  // What the poll misses is sealed under old keys until the next change.
  it('never misses a change by others, however changes and updates overlap', async () => {
    const action = fc.record({
      what: fc.constantFrom('begin', 'store', 'end', 'update', 'read', 'updated', 'other'),
      which: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, {maxLength: 60}),
        fc.integer({min: 1, max: 3}),
        async (actions, step) => {
          await new Schedule(step).run(actions);
        },
      ),
      {numRuns: 1000},
    );
  });
});

interface PendingChange {
  stored: boolean;
  readonly end: () => void;
  readonly done: Promise<unknown>;
}

interface PendingUpdate {
  readonly begunAt: number;
  read: boolean;
  version: number;
  readonly answer: (version: number) => void;
  readonly done: Promise<boolean>;
}

/** Own changes, changes by others and updates, interleaved step by step. */
class Schedule {
  readonly #step: number;
  #version = 0;
  #time = 0;
  readonly #changes: PendingChange[] = [];
  readonly #updates: PendingUpdate[] = [];
  /** When others changed something that no update has told of yet. */
  #unseen: number[] = [];
  #reading: ((answer: (version: number) => void) => void) | undefined;
  readonly #view = new CollectionView(() => new Promise<number>((resolve) => this.#reading?.(resolve)));

  constructor(step: number) {
    this.#step = step;
  }

  async run(actions: readonly {readonly what: string; readonly which: number}[]): Promise<void> {
    this.#update();
    await this.#finish(0);
    this.#unseen = [];
    for (const {what, which} of actions) {
      this.#time++;
      if (what === 'begin') this.#begin();
      if (what === 'store') this.#store(this.#changes[which % Math.max(this.#changes.length, 1)]);
      if (what === 'end') await this.#end(which);
      if (what === 'update') this.#update();
      if (what === 'read') this.#read(this.#updates[which % Math.max(this.#updates.length, 1)]);
      if (what === 'updated' && this.#updates.length > 0) await this.#finish(which % this.#updates.length);
      if (what === 'other') {
        this.#version++;
        this.#unseen.push(this.#time);
      }
    }
  }

  #begin(): void {
    const stored = Promise.withResolvers<undefined>();
    const done = this.#view.change(() => stored.promise);
    this.#changes.push({stored: false, end: () => stored.resolve(undefined), done});
  }

  #store(change: PendingChange | undefined): void {
    if (!change || change.stored) return;
    change.stored = true;
    this.#version += this.#step;
  }

  async #end(which: number): Promise<void> {
    const [change] = this.#changes.splice(which % Math.max(this.#changes.length, 1), 1);
    if (!change) return;
    this.#store(change);
    change.end();
    await change.done;
  }

  #update(): void {
    let answer: (version: number) => void = () => undefined;
    this.#reading = (resolve) => (answer = resolve);
    const done = this.#view.update();
    this.#updates.push({begunAt: this.#time, read: false, version: 0, answer, done});
  }

  #read(update: PendingUpdate | undefined): void {
    if (!update || update.read) return;
    update.read = true;
    update.version = this.#version;
  }

  async #finish(index: number): Promise<void> {
    const [update] = this.#updates.splice(index, 1);
    this.#read(update);
    update!.answer(update!.version);
    const changed = await update!.done;
    if (changed) {
      // All that was read before is read again.
      this.#unseen = this.#unseen.filter((time) => time > this.#time);
      return;
    }
    expect(
      this.#unseen.filter((time) => time < update!.begunAt),
      'changes by others before an update that told of none',
    ).to.deep.equal([]);
  }
}
