import type {IncomingMessage, ServerResponse} from 'node:http';
import {doLimitWork} from './limit-work.ts';

/** Reads the body to its end, does the work and answers with a short JSON body. */
export function answerLimit(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const [first] = chunks;
    const body = first && chunks.length === 1 ? first : Buffer.concat(chunks);
    const reply = doLimitWork(request.url ?? '', body);
    response.writeHead(200, {'content-type': 'application/json', 'content-length': reply.length});
    response.end(reply);
  });
}
