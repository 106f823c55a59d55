/** The limit: node:http, and what `limit-work.ts` does. Each server of the benchmark is a process of its own. */
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {answerLimit} from './answer-limit.ts';

const server = createServer(answerLimit).listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit());
