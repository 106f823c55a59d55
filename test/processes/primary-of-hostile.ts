import {fileURLToPath} from 'node:url';
import {exitOnUncaught} from '../../lib/cli/uncaught.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {WorkerProcess} from '../../lib/processes/worker-process.ts';

/*
 * A primary whose workers, one for each argument, say what none says: how each has ended is a line on standard output.
 */

const HOSTILE = fileURLToPath(new URL('hostile-worker.ts', import.meta.url));

exitOnUncaught(process, createLogger({level: 'info', stream: process.stderr}));

for (const mode of process.argv.slice(2)) {
  const kind = {isFirst: false, hasShare: true, sealed: false};
  const worker = WorkerProcess.fork({
    exec: HOSTILE,
    start: {texts: {mode}, number: 1, workers: 1, ...kind},
  });
  const {code, signal} = await worker.exited;
  console.log(`${mode}: ${signal ?? String(code)}`);
}
console.log('done');
process.exit(0);
