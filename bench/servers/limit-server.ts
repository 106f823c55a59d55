/**
 * The limit: node:http, and what `limit-work.ts` does. Each server of the benchmark is a process of its own; with an argument, this one
 * is so many, and one that gives them connections.
 */
import cluster from 'node:cluster';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {answerLimit} from './answer-limit.ts';

const workers = Number(process.argv[2] ?? 0);
process.once('SIGTERM', () => process.exit());
if (cluster.isPrimary && workers > 0) {
  const forked = Array.from({length: workers}, () => cluster.fork());
  const [[address]] = (await Promise.all(forked.map((worker) => once(worker, 'listening')))) as [
    [AddressInfo],
  ];
  tell(address);
} else {
  const server = createServer(answerLimit).listen(0, '127.0.0.1');
  await once(server, 'listening');
  if (cluster.isPrimary) tell(server.address() as AddressInfo);
}

function tell({port}: AddressInfo): void {
  console.log(`listening on http://127.0.0.1:${port}`);
}
