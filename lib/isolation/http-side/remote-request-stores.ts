import {AuthenticatedStateStore} from '../../integrity/authenticated-state-store.ts';
import type {KeyRecord} from '../../storage/key-record.ts';
import type {KeyRecordId} from '../../storage/key-record-store.ts';
import type {KeystoreConfigStore} from '../../storage/keystore-config-store.ts';
import type {RequestStores, Stores} from '../../storage/stores.ts';
import type {RemoteVerifier} from './remote-verifier.ts';

/** What endpoints read and write. */
export type EndpointStores = Pick<RequestStores, 'keystores' | 'state' | 'revocations' | 'replays' | 'ping'>;

/** The database's stores, where what only keys can verify or authenticate is done by the key process. */
export function remoteRequestStores(
  stores: Stores,
  {verifier, keystores: remote}: {readonly verifier: RemoteVerifier; readonly keystores: KeystoreConfigStore},
): EndpointStores {
  const {revocations, replays} = stores;
  const keystores: KeystoreConfigStore = {
    ...remote,
    // The database is here: it is read here, and what it gives is verified there.
    find: async (id) => {
      const stored = await stores.keystores.find(id);
      // What is none of ours, or cannot be read, is the key process's to judge, which reads it again.
      return stored?.id === id ? verifier.verifyKeystore(stored) : remote.find(id);
    },
  };
  const keys = {
    find: async (id: KeyRecordId): Promise<KeyRecord | undefined> => {
      const stored = await stores.keys.find(id);
      return stored && verifier.verifyKey(stored);
    },
  };
  const state = new AuthenticatedStateStore({
    store: stores.state,
    authenticator: verifier,
    keystores,
    keys,
    revocations,
  });
  return {keystores, state, revocations, replays, ping: () => stores.ping()};
}
