import type {RequestStores, Stores} from '../storage/stores.ts';
import {AuthenticatedKeyStore} from './authenticated-key-store.ts';
import {
  AuthenticatedKeystoreStore,
  type AuthenticatedKeystoreStoreOptions,
} from './authenticated-keystore-store.ts';
import {AuthenticatedStateStore} from './authenticated-state-store.ts';

export type AuthenticatedStoresOptions = Omit<AuthenticatedKeystoreStoreOptions, 'store'>;

/** A backend's stores, with a MAC of all that decides who may do what. */
export function authenticatedStores(stores: Stores, options: AuthenticatedStoresOptions): RequestStores {
  const {authenticator, refresh} = options;
  const {keyUses, revocations, replays} = stores;
  const keystores = new AuthenticatedKeystoreStore({...options, store: stores.keystores});
  const keys = new AuthenticatedKeyStore({store: stores.keys, authenticator, refresh});
  const state = new AuthenticatedStateStore({
    store: stores.state,
    authenticator,
    keystores,
    keys,
    revocations,
  });
  return {keystores, keys, state, keyUses, revocations, replays, ping: () => stores.ping()};
}
