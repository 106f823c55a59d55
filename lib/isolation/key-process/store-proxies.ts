import type {Stores} from '../../storage/stores.ts';
import type {Connection} from '../../rpc/connection.ts';
import {BACKEND_METHODS, eachStoreMethod, storeMethodName, STORE_METHODS} from '../protocol/store-methods.ts';

/** Stores whose every call the HTTP process answers: what it gives is parsed, and believed as much as a database is. */
export function storeProxies(connection: Pick<Connection, 'call'>): Stores {
  const stores: Record<string, Record<string, unknown>> = {};
  for (const [store, name, method] of eachStoreMethod()) {
    const proxy = (stores[store] ??= {});
    proxy[name] = (...parameters: unknown[]) =>
      connection.call(storeMethodName(store, name), method, parameters);
  }
  const {find} = STORE_METHODS.keyUses;
  const proxies = stores as unknown as Stores;
  return {
    ...proxies,
    keyUses: {
      ...proxies.keyUses,
      find: async (id) => new Map(await connection.call(storeMethodName('keyUses', 'find'), find, [id])),
    },
    transfer: {
      ...NOT_HERE,
      readMark: () => connection.call(storeMethodName('backend', 'readMark'), BACKEND_METHODS.readMark, []),
    },
    ping: () => connection.call(storeMethodName('backend', 'ping'), BACKEND_METHODS.ping, []),
    verify: () => connection.call(storeMethodName('backend', 'verify'), BACKEND_METHODS.verify, []),
    // The HTTP process closes what it has opened.
    close: async () => undefined,
  };
}

const refuse = async (): Promise<never> => {
  throw new Error('A store is not moved by way of the key process.');
};

const NOT_HERE = {list: refuse, put: refuse, count: refuse, replaceMark: refuse, listLeases: refuse};
