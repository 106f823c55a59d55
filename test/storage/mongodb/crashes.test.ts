import {expect} from 'chai';
import type {Stores} from '../../../lib/storage/stores.ts';
import {problemsOf, remainsOf} from './database-soundness.ts';
import {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';
import {SCENARIOS} from './scenarios.ts';
import {Actor, type Script} from './schedule.ts';
import {possibilities, runAll, summaryWithoutCount, tidyUp} from './aftermath.ts';

/** So long ago that who began then is taken for dead. */
const LONG_AGO = Date.now() - 3_600_000;
/** Of a deletion the second part is done by who comes by; of an insertion a place may be kept, which nobody sees. */
const HIDDEN = ' is no document';

const startLongAgo = (database: ModelDatabase, actor: Actor): Stores =>
  openModelStores(database, {before: actor.before, now: () => LONG_AGO});

interface Crash {
  readonly database: ModelDatabase;
  readonly actor: Actor;
}

/** Stops before each command in turn, at last after all of them. */
async function* eachCrash(database: ModelDatabase, script: Script<Stores>): AsyncGenerator<Crash> {
  for (let steps = 0, isDone = false; !isDone; steps++) {
    const copy = database.clone();
    const actor = new Actor();
    await actor.start(script, startLongAgo(copy, actor));
    for (let step = 0; step < steps && !actor.isDone; step++) await actor.step();
    ({isDone} = actor);
    yield {database: copy, actor};
  }
}

describe('MongoDB: operations that stop before any of their commands', function () {
  this.timeout(60_000);

  for (const {title, begin} of SCENARIOS) {
    for (const index of [0, 1]) {
      it(`${title}: the ${index === 0 ? 'first' : 'second'} stops, for ever or for long`, async () => {
        const begun = new ModelDatabase();
        const scripts = await begin(openModelStores(begun));
        const [stopped, other] = [scripts[index]!, scripts[1 - index]!];
        let crashes = 0;
        for await (const {database, actor} of eachCrash(begun, stopped)) {
          crashes++;
          const told = `stopped at ${crashes}`;
          expect(problemsOf(database), told).to.deep.equal([]);
          const done = actor.outcomes.length;
          const possible = [
            ...(await possibilities(begun, stopped, other, done)),
            ...(actor.isDone ? [] : await possibilities(begun, stopped, other, done + 1)),
          ];
          // It may be stopped for ever: others find what was before, or what it did, and nothing between.
          const isTidied = crashes % 2 === 0;
          if (isTidied) await tidyUp(database);
          const outcomes = await runAll(other, openModelStores(database));
          expect(problemsOf(database), told).to.deep.equal([]);
          expect(possible, told).to.include(summaryWithoutCount(outcomes, database));
          await tidyUp(database);
          expect(
            remainsOf(database).filter((remains) => !remains.endsWith(HIDDEN)),
            told,
          ).to.deep.equal([]);
          expect(possible, told).to.include(summaryWithoutCount(outcomes, database));
          // Or it goes on, long after: it does all that it can still do, or nothing.
          while (!actor.isDone) await actor.step();
          expect(problemsOf(database), told).to.deep.equal([]);
          const all = await possibilities(begun, stopped, other, stopped.length);
          expect(all, told).to.include(summaryWithoutCount(outcomes, database));
          expect(remainsOf(database), told).to.deep.equal([]);
        }
        expect(crashes).to.be.greaterThan(2);
      });
    }
  }
});
