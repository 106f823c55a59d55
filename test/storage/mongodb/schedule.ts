import {setImmediate as turn} from 'node:timers/promises';
import type {BeforeCommand, ModelDatabase, Postpone} from './model-database.ts';

/** What one of several does at the same time as the others: operations, one after the other. */
export type Script<World> = readonly ((world: World) => Promise<unknown>)[];

/** How an operation ended: what it gave, or the name of what it threw. */
export type Outcome = string;

export async function outcomeOf(operation: () => Promise<unknown>): Promise<Outcome> {
  try {
    return `gave ${String(await operation())}`;
  } catch (error) {
    return `threw ${error instanceof Error ? error.constructor.name : String(error)}`;
  }
}

/** Runs operations command by command, as it is told. Between two commands anything may happen elsewhere. */
export class Actor {
  readonly outcomes: Outcome[] = [];
  readonly #waiting: {readonly command: string; readonly go: (postpone?: Postpone) => void}[] = [];
  #late: (() => void) | undefined;
  #isDone = false;
  #changed: () => void = () => undefined;

  /** For `ModelDatabase.connect`. */
  readonly before: BeforeCommand = (command) =>
    new Promise((go) => {
      this.#waiting.push({command, go});
      this.#changed();
    });

  start<World>(script: Script<World>, world: World): Promise<void> {
    void (async () => {
      for (const operation of script) {
        this.outcomes.push(await outcomeOf(() => operation(world)));
        // Who does not know what has become of it does not go on.
        if (this.#late) break;
      }
      this.#isDone = true;
      this.#changed();
    })();
    return this.#settled();
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Lets the command happen that waits longest, and whatever follows from it, up to the next one. @returns it */
  async step(): Promise<string> {
    const {command, go} = this.#waiting.shift()!;
    go();
    // What waits beside it must not be taken for what follows.
    if (this.#waiting.length > 0) await turn();
    else await this.#settled();
    return command;
  }

  /** The command that waits longest, e.g. `update key`. */
  get next(): string | undefined {
    return this.#waiting[0]?.command;
  }

  /** Has the command that waits longest sent, and not answered: it takes effect when `arrive` is called. */
  async lose(): Promise<void> {
    this.#waiting.shift()!.go((arrive) => (this.#late = arrive));
    await this.#settled();
  }

  arrive(): void {
    try {
      this.#late?.();
    } catch {
      // Nobody waits for its answer.
    }
  }

  async #settled(): Promise<void> {
    while (!this.#isDone && this.#waiting.length === 0) {
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }
}

/** Who makes how many steps, in turn, beginning with the first: then each goes on to its end, in the same order. */
export type Schedule = readonly number[];

export interface Run {
  readonly database: ModelDatabase;
  readonly outcomes: readonly (readonly Outcome[])[];
  /** What each did, and where the others came in between. */
  readonly trace: readonly string[];
  /** Whether each had as many steps as its turns have. */
  readonly isPossible: boolean;
}

/**
 * Runs scripts at the same time, by a schedule.
 * @param makeWorld gives an actor its stores
 * @param finish whether all go on to their ends; if not they stop where the schedule leaves them
 */
export async function runSchedule<World>(
  database: ModelDatabase,
  scripts: readonly Script<World>[],
  {
    schedule,
    makeWorld,
    first = 0,
    finish = true,
  }: {
    readonly schedule: Schedule;
    readonly makeWorld: (database: ModelDatabase, actor: Actor) => World;
    readonly first?: number;
    readonly finish?: boolean;
  },
): Promise<Run> {
  const copy = database.clone();
  const actors = scripts.map(() => new Actor());
  const trace: string[] = [];
  for (const [index, actor] of actors.entries()) {
    await actor.start(scripts[index]!, makeWorld(copy, actor));
  }
  let isPossible = true;
  const advance = async (index: number, steps: number): Promise<void> => {
    const actor = actors[index]!;
    for (let step = 0; step < steps && !actor.isDone; step++) trace.push(`${index}: ${await actor.step()}`);
  };
  for (const [turnOf, steps] of schedule.entries()) {
    const [index, before] = [(first + turnOf) % actors.length, trace.length];
    await advance(index, steps);
    if (trace.length < before + steps) isPossible = false;
  }
  for (let index = 0; finish && index < actors.length; index++) {
    await advance((first + schedule.length + index) % actors.length, Infinity);
  }
  return {database: copy, outcomes: actors.map(({outcomes}) => outcomes), trace, isPossible};
}

/** All schedules in which actors take turns `turns` times, as far as they have steps. */
export async function* eachSchedule(
  turns: number,
  run: (schedule: Schedule) => Promise<{readonly isPossible: boolean}>,
  begin: Schedule = [],
): AsyncGenerator<Schedule> {
  for (let steps = 1; ; steps++) {
    const schedule = [...begin, steps];
    // Where somebody has no such step, this schedule is one that was there before.
    if (!(await run(schedule)).isPossible) return;
    yield schedule;
    if (schedule.length < turns) yield* eachSchedule(turns, run, schedule);
  }
}
