import {duplexPair} from 'node:stream';
import {storeHandlers} from '../../lib/isolation/http-side/store-handlers.ts';
import {storeProxies} from '../../lib/isolation/key-process/store-proxies.ts';
import {ProcessConnection} from '../../lib/isolation/protocol/process-connection.ts';
import type {Stores} from '../../lib/storage/stores.ts';
import type {StoreHandles} from '../storage/store-suite.ts';

/** The stores as the key process has them. */
export function proxiedStores(stores: Stores): Stores {
  const [httpEnd, keyEnd] = duplexPair();
  new ProcessConnection(httpEnd, {
    peer: 'key process',
    methods: storeHandlers(stores),
    onEnd: () => undefined,
  });
  return storeProxies(
    new ProcessConnection(keyEnd, {
      peer: 'HTTP process',
      methods: new Map(),
      onEnd: () => undefined,
    }),
  );
}

/** Opens handles of which both go by way of the protocol. */
export function proxied(open: () => Promise<StoreHandles>): () => Promise<StoreHandles> {
  return async () => {
    const handles = await open();
    const {stores, other} = handles;
    return {stores: proxiedStores(stores), other: proxiedStores(other), close: () => handles.close()};
  };
}
