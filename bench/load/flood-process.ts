/**
 * A party that sends as fast as it can, in a process of its own. Its parent sends it a `Flood`, is told when that has begun, and says when it is
 * enough; then it sends back how many requests were answered, by status, and ends.
 */
import {Lane} from './lane.ts';

export interface Flood {
  readonly port: number;
  readonly lanes: number;
  /** Each once; when all were sent, from the beginning. */
  readonly requests: readonly Uint8Array[];
}

/** By status. */
export type FloodOutcome = Readonly<Record<string, number>>;

const answered: Record<string, number> = {};
let isOver = false;

async function flood({port, lanes, requests}: Flood): Promise<void> {
  let next = 0;
  const opened = await Promise.all(Array.from({length: lanes}, () => Lane.open(port)));
  process.send?.('begun');
  await Promise.all(
    opened.map(async (lane) => {
      while (!isOver) {
        const {status} = await lane.send(Buffer.from(requests[next++ % requests.length] ?? []));
        answered[status] = (answered[status] ?? 0) + 1;
      }
      lane.close();
    }),
  );
}

process.on('message', (message: Flood | 'enough') => {
  if (message === 'enough') isOver = true;
  else void flood(message).then(() => process.send?.(answered, () => process.disconnect()));
});
process.send?.('ready');
