import {connect, createServer, type Server, type Socket} from 'node:net';

/*
 * What a worker may be that somebody has taken: it says to the primary what no worker says.
 */

interface Start {
  readonly name?: string;
  readonly payload: {readonly texts: {readonly mode?: string}};
}

function say(name: string, payload?: unknown, handle?: Server | Socket): void {
  process.send?.({webkms: 'tell', name, payload}, handle);
}

function giveHandles(): void {
  const server = createServer().listen({port: 0, host: '127.0.0.1', exclusive: true}, () => {
    const address = server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1', () => {
      for (const name of ['points', 'unknown']) say(name, undefined, server);
      process.send?.({other: true}, server);
      process.send?.({other: true}, socket);
      say('listening', {url: 'https://localhost:1', notices: []});
    });
  });
}

process.on('message', ({name, payload}: Start) => {
  if (name !== 'start') return;
  const {mode} = payload.texts;
  if (mode === 'listening') say('listening', {url: 7});
  if (mode === 'failed') say('failed', {toString: 1});
  if (mode === 'handles') giveHandles();
});
