import {Node} from './node.ts';

/*
 * A process that does once what is due for the keys of a data directory; to be killed. Arguments: the data directory, by how
 * many milliseconds its clock is ahead. Standard output: a line when it begins, one when it has ended.
 */
const [dataDir = '', aheadMs = ''] = process.argv.slice(2);
const node = await Node.open(dataDir, {clock: () => Date.now() + Number(aheadMs)});
console.log('begins');
console.log(JSON.stringify(await node.management.keyLifecycle.runOnce()));
await node.close();
