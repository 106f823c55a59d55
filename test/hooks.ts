import {inspect} from 'node:util';
import {Runner} from 'mocha';

process.env['NODE_ENV'] = 'test';

type Fail = (this: Runner, runnable: unknown, error: unknown, force?: boolean) => void;

/**
 * What hangs on an error is told as text. Mocha's parallel workers delete functions from it to send it; what is frozen, as
 * in the errors of `ky`, they fail at, and a whole file's results are lost, its failure among them.
 */
const runners = Runner.prototype as unknown as {fail: Fail};
const {fail} = runners;
runners.fail = function (runnable, error, force) {
  fail.call(this, runnable, error instanceof Error ? withText(error) : error, force);
};

function withText(error: Error): Error {
  for (const [name, value] of Object.entries(error)) {
    if (typeof value !== 'object' || value === null) continue;
    Reflect.set(error, name, inspect(value, {depth: 8, sorted: true}));
  }
  return error;
}
