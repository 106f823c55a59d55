/** The limit on Express 5: the same work behind one route, with nothing of Express in use that is not needed. */
import type {AddressInfo} from 'node:net';
import express from 'express';
import {answerLimit} from './answer-limit.ts';

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.all('/:verifications/:work', answerLimit);
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit());
