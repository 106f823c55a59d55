import {nodeId} from '../../node-id.ts';

/** As many processes as a server has at most, and the one that leads them. */
const MAX_WORKERS = 64;

/** Who processes of this data directory are: whoever has its lock is the only one. The first is this process. */
export async function ownNodeIds(dataDir: string): Promise<readonly string[]> {
  const first = await nodeId(dataDir);
  const workers = Array.from({length: MAX_WORKERS}, (_, index) => nodeId(dataDir, {worker: index + 1}));
  return [first, ...(await Promise.all(workers))];
}
