import {expect} from 'chai';
import type {Stores} from '../../../lib/storage/stores.ts';
import {problemsOf, remainsOf} from './database-soundness.ts';
import {ModelDatabase} from './model-database.ts';
import {openModelStores} from './model-stores.ts';
import {SCENARIOS} from './scenarios.ts';
import {type Actor, eachSchedule, runSchedule, type Run, type Schedule} from './schedule.ts';
import {sequentialSummaries, summaryOf} from './sequences.ts';

/** How often they take turns before the first goes on to its end: all schedules of that many are tried. */
const TURNS = 3;

const makeWorld = (database: ModelDatabase, {before}: Actor): Stores => openModelStores(database, {before});

function expectSound({database, outcomes, trace}: Run, allowed: ReadonlySet<string>): void {
  const told = `after ${trace.join(', ')}: ${JSON.stringify(outcomes)}`;
  expect(problemsOf(database), told).to.deep.equal([]);
  expect(remainsOf(database), told).to.deep.equal([]);
  if (!allowed.has(summaryOf(outcomes, database))) {
    expect.fail(`This comes of no order, one after the other, ${told}\n${[...allowed].join('\n')}`);
  }
}

describe('MongoDB: operations that get in each other’s way, command by command', function () {
  this.timeout(120_000);

  for (const {title, begin} of SCENARIOS) {
    it(title, async () => {
      const database = new ModelDatabase();
      const scripts = await begin(openModelStores(database));
      const allowed = await sequentialSummaries(database, scripts);
      expect(allowed.size).to.be.greaterThan(1);
      const seen = new Set<string>();
      let schedules = 0;
      for (const first of [0, 1]) {
        const run = async (schedule: Schedule): Promise<Run> => {
          const result = await runSchedule(database, scripts, {schedule, first, makeWorld});
          expectSound(result, allowed);
          seen.add(summaryOf(result.outcomes, result.database));
          return result;
        };
        for await (const schedule of eachSchedule(TURNS, run)) schedules += Math.sign(schedule.length);
      }
      expect(schedules).to.be.greaterThan(50);
      expect(seen.size, 'the order matters').to.be.greaterThan(1);
    });
  }
});
