import type {Stores} from '../../lib/storage/stores.ts';
import type {DatabaseServer} from '../support/database-server.ts';
import {TcpProxy} from '../support/tcp-proxy.ts';
import type {WriteCase} from './writes/write-case.ts';

export interface FaultyStoresOptions {
  /** Started when tests run. */
  readonly server: Pick<DatabaseServer, 'port' | 'createDatabase' | 'dropDatabase'>;
  readonly open: (url: string, options: {readonly timeoutMs: number}) => Promise<Stores>;
}

/** One store, by a connection that faults happen to, and by one that is whole. */
export interface FaultyStores {
  readonly faulty: Stores;
  readonly whole: Stores;
  readonly proxy: TcpProxy;
  /** Closes both, and removes what was stored. */
  close(): Promise<void>;
}

async function openFaultyStores(
  {server, open}: FaultyStoresOptions,
  timeoutMs = 5000,
): Promise<FaultyStores> {
  const url = await server.createDatabase();
  const whole = await open(url, {timeoutMs: 10_000});
  const proxy = await TcpProxy.start({host: '127.0.0.1', port: server.port});
  const faulty = await open(proxy.urlOf(url), {timeoutMs});
  return {
    faulty,
    whole,
    proxy,
    close: async () => {
      await Promise.all([faulty.close(), whole.close()]);
      await proxy.close();
      await server.dropDatabase(url);
    },
  };
}

/** Gives the store, which is another each time that it is asked where a write needs that. */
export type OpenFaultyStores = () => Promise<FaultyStores>;

/** Runs `body` with what it needs for the write, and closes it. */
export async function withFaultyStores(
  options: FaultyStoresOptions,
  {needsNewStore, timeoutMs}: Pick<WriteCase, 'needsNewStore'> & {readonly timeoutMs?: number},
  body: (openStores: OpenFaultyStores) => Promise<void>,
): Promise<void> {
  let open: FaultyStores | undefined;
  try {
    await body(async () => {
      if (needsNewStore) {
        await open?.close();
        open = undefined;
      }
      return (open ??= await openFaultyStores(options, timeoutMs));
    });
  } finally {
    await open?.close();
  }
}
