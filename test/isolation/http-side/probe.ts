// Tries what the key process must not be able to do; prints what came of each as JSON.
import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {networkInterfaces} from 'node:os';
import {Worker} from 'node:worker_threads';

const {allowed, forbidden, port} = JSON.parse(process.argv[2] ?? '') as Readonly<{
  allowed: string;
  forbidden: string;
  port: number;
}>;

const attempt = async (work: () => unknown): Promise<object> => {
  try {
    return {ok: true, value: await work()};
  } catch (error) {
    return {ok: false, code: (error as NodeJS.ErrnoException).code};
  }
};

const connected = (): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = connect({host: '127.0.0.1', port}, () => {
      socket.destroy();
      resolve(true);
    }).on('error', reject);
  });

const inThread = (): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const code = `
      const {parentPort, workerData} = require('node:worker_threads');
      const codes = [];
      for (const work of [
        () => require('node:fs').readFileSync(workerData),
        () => require('node:child_process').spawnSync('true'),
        () => process.dlopen({exports: {}}, '/x.node'),
        () => require('node:sqlite'),
      ]) {
        try { work(); codes.push('done'); } catch (error) { codes.push(error.code); }
      }
      parentPort.postMessage(codes);`;
    // As the program's threads are begun.
    const {execArgv} = process;
    new Worker(code, {eval: true, workerData: forbidden, execArgv})
      .on('message', resolve)
      .on('error', reject);
  });

const results = {
  readAllowed: await attempt(() => readFileSync(allowed, 'utf8')),
  readForbidden: await attempt(() => readFileSync(forbidden, 'utf8')),
  readProc: await attempt(() => readFileSync('/proc/self/environ', 'utf8')),
  list: await attempt(() => readdirSync('/tmp').length),
  write: await attempt(() => writeFileSync(`${allowed}.new`, 'x')),
  overwrite: await attempt(() => writeFileSync(allowed, 'x')),
  spawn: await attempt(() => spawnSync('true').status),
  addon: await attempt(() => process.dlopen({exports: {}}, '/x.node')),
  inspector: await attempt(async () => {
    (await import('node:inspector')).open(0);
  }),
  database: await attempt(async () => {
    const {DatabaseSync} = await import('node:sqlite');
    new DatabaseSync(`${forbidden}.db`).exec('CREATE TABLE t (a)');
  }),
  thread: await attempt(inThread),
  connect: await attempt(connected),
  interfaces: Object.keys(networkInterfaces()),
  environment: Object.keys(process.env),
};
process.stdout.write(JSON.stringify(results));
