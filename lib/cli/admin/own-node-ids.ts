import {nodeId} from '../../node-id.ts';

/** Of a server's processes, those that leave after a restart included: four times as many as it has at most. */
const MAX_NUMBER = 256;

/** Who processes of this data directory are: whoever has its lock is the only one. The first is this process. */
export async function ownNodeIds(dataDir: string): Promise<readonly string[]> {
  const first = await nodeId(dataDir);
  const workers = Array.from({length: MAX_NUMBER}, (_, index) => nodeId(dataDir, {worker: index + 1}));
  return [first, ...(await Promise.all(workers))];
}
