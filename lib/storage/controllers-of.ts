import type {KeystoreConfig} from './keystore-config-store.ts';

/** Who controls a keystore: one or more DIDs; nobody where there is none. */
export function controllersOf(keystore: Pick<KeystoreConfig, 'controller'> | undefined): readonly string[] {
  if (!keystore) return [];
  return typeof keystore.controller === 'string' ? [keystore.controller] : keystore.controller;
}
