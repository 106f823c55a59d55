import cluster from 'node:cluster';
import type {Logger} from 'pino';
import type {RunningServer, startServer} from '../app.ts';
import {loadSettings} from '../config/load-settings.ts';
import type {Settings} from '../config/settings.ts';
import {omitStacks} from '../kms-error.ts';
import {createLogger} from '../observability/logger.ts';
import type {ChannelPort} from '../processes/channel.ts';
import {WorkerLink} from '../processes/worker-link.ts';
import {beginSelfCheck} from './begin-self-check.ts';
import {EXIT_FAILURE} from './command.ts';
import {keepHeapSmall} from './keep-heap-small.ts';
import {sealPrototypes} from './seal-prototypes.ts';
import {startFailure, startFailureMembers} from './start-failure.ts';
import {exitOnUncaught} from './uncaught.ts';

/** Answers requests as one of several processes, until the primary says that it is enough, or is gone. @returns the exit code */
export async function serveAsWorker(loadStart: () => Promise<typeof startServer>): Promise<number> {
  // Else Node ends this process at once where the primary has died: requests in flight are answered first.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  const ended = Promise.withResolvers<undefined>();
  process.on('disconnect', () => ended.resolve(undefined));
  let hasBegun = false;
  void ended.promise.then(() => {
    if (!hasBegun) process.exit(EXIT_FAILURE);
  });
  // The terminal sends them to all processes; the primary says what is to be done.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  const link = await WorkerLink.connect(channelPort());
  process.on('SIGTERM', () => link.resign());
  link.on('stop', async () => ended.resolve(undefined));

  const {texts, number, isFirst, hasShare} = link.start;
  process.title = `webkms worker ${number}`;
  const settings = withoutDescriptor(loadSettings({environment: texts}), isFirst);
  const log = createLogger({...settings.log, shared: true}).child({worker: number});
  exitOnUncaught(process, log);
  let server;
  try {
    // The primary has looked before it began the first ones.
    const selfCheck = await beginSelfCheck(settings, log, {alreadyEnforced: hasShare});
    const start = await loadStart();
    sealPrototypes();
    if (!log.isLevelEnabled('debug')) omitStacks();
    server = await start(settings, {log, worker: link, selfCheck});
  } catch (error) {
    log.fatal(startFailureMembers(error, log), 'the worker could not begin');
    link.failed(startFailure(error, settings));
    process.disconnect();
    return EXIT_FAILURE;
  }
  keepHeapSmall();
  hasBegun = true;
  link.on('retire', async () => {
    await server.retire();
    log.info('leaving');
    void server.left().then(() => ended.resolve(undefined));
  });
  link.listening({url: server.url, notices: server.notices});
  await ended.promise;
  return end(server, log);
}

async function end(server: RunningServer, log: Logger): Promise<number> {
  log.info('draining');
  await server.close();
  log.info('stopped');
  if (process.connected) process.disconnect();
  return 0;
}

function channelPort(): ChannelPort {
  const send = process.send?.bind(process);
  if (!send) throw new Error('A worker has a channel to its primary.');
  return {
    get connected() {
      return process.connected;
    },
    send: (message, callback, socket) => send(message, socket, undefined, callback),
    on: (event: 'message' | 'disconnect', listener: (message: unknown, socket?: unknown) => void) =>
      process.on(event as 'message', listener),
  };
}

/** Of later workers the descriptor is another's, or none: they are given what is open, or nobody can open it. */
function withoutDescriptor(settings: Settings, isFirst: boolean): Settings {
  const isRead = !isFirst && settings.rootWrapper.startsWith('passphrase:fd=');
  return isRead ? {...settings, rootWrapper: 'passphrase:prompt'} : settings;
}
