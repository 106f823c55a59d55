import {writeSync} from 'node:fs';
import {connect, createServer, type Server, type Socket} from 'node:net';
import {serialize} from 'node:v8';

/*
 * What a worker may be that somebody has taken: it says to the primary what no worker says.
 */

interface Start {
  readonly name?: string;
  readonly payload: {readonly texts: {readonly mode?: string}};
}

/** Where Node has put the channel to the primary. */
const CHANNEL = 3;

/** What is no message of Node's, or one that a worker's Node would not send. */
const RAW: ReadonlyMap<string, Uint8Array> = new Map([
  ['no clone', Buffer.from('{"webkms":"tell"}')],
  ['a clone that is cut', serialize({webkms: 'tell'}).subarray(0, 8)],
  ['nothing', Buffer.alloc(0)],
  ['a handle that was not asked for', serialize({cmd: 'NODE_HANDLE_ACK'})],
  ['no address', serialize({cmd: 'NODE_CLUSTER', act: 'queryServer', seq: 1})],
  ['no port', serialize({cmd: 'NODE_CLUSTER', act: 'queryServer', seq: 1, address: '::', port: 1e6})],
]);

function sayRaw(payload: Uint8Array): void {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  writeSync(CHANNEL, Buffer.concat([length, payload]));
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
  const {mode = ''} = payload.texts;
  const raw = RAW.get(mode);
  if (raw) sayRaw(raw);
  if (mode === 'listening') say('listening', {url: 7});
  if (mode === 'failed') say('failed', {toString: 1});
  if (mode === 'handles') giveHandles();
});
