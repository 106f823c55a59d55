import {Node} from './node.ts';

/*
 * A process that does all that is due for the keys of a data directory; to be killed. Arguments: the data directory, by how
 * many milliseconds its clock is ahead. Standard output: a line when it begins, one when it has ended.
 */
const [dataDir = '', aheadMs = ''] = process.argv.slice(2);
const node = await Node.open(dataDir, {clock: () => Date.now() + Number(aheadMs)});
console.log('begins');
const sum: Record<'rotated' | 'destroyed' | 'failed', number> = {rotated: 0, destroyed: 0, failed: 0};
for (let more = true; more;) {
  const round = await node.management.keyLifecycle.runOnce();
  for (const name of ['rotated', 'destroyed', 'failed'] as const) sum[name] += round[name];
  more = round.more;
}
console.log(JSON.stringify(sum));
await node.close();
