import {Node} from './node.ts';

/*
 * A process that does the maintenance job of a data directory, and begins one where there is none; to be killed.
 * Arguments: the data directory, rows per second. Standard output: a line when it begins, one when the job has ended.
 */
const [dataDir = '', rate = ''] = process.argv.slice(2);
const node = await Node.open(dataDir);
const runner = node.runner({nodeId: 'the one', pace: {rate: Number(rate)}, leaseMs: 30_000});
const {id} = await runner.start({steps: ['rotate', 'rewrap', 'prune']});
console.log(id);
const outcome = await runner.watch(id, {report: () => undefined, signal: new AbortController().signal});
console.log(JSON.stringify(outcome));
await node.close();
