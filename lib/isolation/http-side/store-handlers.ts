import type {Stores} from '../../storage/stores.ts';
import type {Handler} from '../../rpc/connection.ts';
import {BACKEND_METHODS, eachStoreMethod, storeMethodName} from '../protocol/store-methods.ts';

type AnyStore = Readonly<Record<string, (...parameters: never[]) => Promise<unknown>>>;

/** Answers the key process from the database: what the tables name, and nothing else. */
export function storeHandlers(stores: Stores): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>();
  for (const [store, name, {parameters, result}] of eachStoreMethod()) {
    const target = stores[store] as unknown as AnyStore;
    const run = async (given: never[]): Promise<unknown> => carried(await target[name]?.(...given));
    handlers.set(storeMethodName(store, name), {parameters, result, run});
  }
  const backend: Readonly<Record<keyof typeof BACKEND_METHODS, () => Promise<unknown>>> = {
    ping: () => stores.ping(),
    verify: () => stores.verify(),
    readMark: async () => stores.transfer?.readMark(),
  };
  for (const name of Object.keys(backend) as (keyof typeof backend)[]) {
    const {parameters, result} = BACKEND_METHODS[name];
    handlers.set(storeMethodName('backend', name), {parameters, result, run: backend[name]});
  }
  return handlers;
}

/** The encoding has no maps. */
function carried(result: unknown): unknown {
  return result instanceof Map ? [...result] : result;
}
