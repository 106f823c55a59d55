import {expect} from 'chai';
import type {Stores} from '../../../lib/storage/stores.ts';
import {possibilities, runAll, summaryWithoutCount, tidyUp} from './aftermath.ts';
import {problemsOf} from './database-soundness.ts';
import {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';
import {SCENARIOS} from './scenarios.ts';
import {Actor, type Script} from './schedule.ts';

interface Loss {
  readonly database: ModelDatabase;
  readonly actor: Actor;
  readonly command: string;
  readonly done: number;
}

/** Each write in turn is sent and not answered; who sent it ends. */
async function* eachLoss(database: ModelDatabase, script: Script<Stores>): AsyncGenerator<Loss> {
  for (let steps = 0; ; steps++) {
    const copy = database.clone();
    const actor = new Actor();
    await actor.start(script, openModelStores(copy, actor));
    for (let step = 0; step < steps && !actor.isDone; step++) await actor.step();
    const [command, done] = [actor.next, actor.outcomes.length];
    if (command === undefined) return;
    if (/^(find|findOne|count) /.test(command)) continue;
    await actor.lose();
    while (!actor.isDone) await actor.step();
    yield {database: copy, actor, command, done};
  }
}

describe('MongoDB: writes that are not answered, and arrive when others are done', function () {
  this.timeout(60_000);

  for (const {title, begin} of SCENARIOS) {
    for (const index of [0, 1]) {
      it(`${title}: a write of the ${index === 0 ? 'first' : 'second'} is late`, async () => {
        const begun = new ModelDatabase();
        const scripts = await begin(openModelStores(begun));
        const [sender, other] = [scripts[index]!, scripts[1 - index]!];
        let losses = 0;
        for await (const {database, actor, command, done} of eachLoss(begun, sender)) {
          const told = `${command} is late, after ${losses} others: ${actor.outcomes.join(', ')}`;
          losses++;
          const isSure = !actor.outcomes.at(-1)?.includes('OutcomeUnknownError');
          const possible = [
            ...(await possibilities(begun, sender, other, done)),
            ...(await possibilities(begun, sender, other, actor.outcomes.length)),
          ];
          const outcomes = await runAll(other, openModelStores(database));
          expect(problemsOf(database), told).to.deep.equal([]);
          expect(possible, told).to.include(summaryWithoutCount(outcomes, database));
          actor.arrive();
          expect(problemsOf(database), told).to.deep.equal([]);
          expect(possible, told).to.include(summaryWithoutCount(outcomes, database));
          await tidyUp(database);
          expect(possible, told).to.include(summaryWithoutCount(outcomes, database));
          if (!isSure) continue;
          // What was answered is so, whatever arrives later.
          const refused = actor.outcomes.at(-1)?.startsWith('threw UnavailableError')
            ? done
            : actor.outcomes.length;
          const certain = await possibilities(begun, sender, other, refused);
          expect(certain, told).to.include(summaryWithoutCount(outcomes, database));
        }
        expect(losses).to.be.greaterThan(0);
      });
    }
  }
});
