import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import type {Flood, FloodOutcome} from './flood-process.ts';

export type {FloodOutcome} from './flood-process.ts';

const PROGRAM = join(import.meta.dirname, 'flood-process.ts');

/** One party that sends as fast as it can. */
export class Flooder {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it has begun: until then both processes are busy with its requests. */
  static async start(flood: Flood): Promise<Flooder> {
    const child = fork(PROGRAM, {serialization: 'advanced'});
    await once(child, 'message');
    const begun = once(child, 'message');
    child.send(flood);
    await begun;
    return new Flooder(child);
  }

  /** @returns what was answered */
  async stop(): Promise<FloodOutcome> {
    const told = once(this.#child, 'message');
    const exited = once(this.#child, 'exit');
    this.#child.send('enough');
    const [outcome] = (await Promise.race([
      told,
      exited.then(() => Promise.reject(new Error('The flood ended by itself.'))),
    ])) as [FloodOutcome];
    await exited;
    return outcome;
  }
}
