import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';

/** Controllers as a list; a keystore that does not exist has none. */
export function controllersOf(keystore: Pick<KeystoreConfig, 'controller'> | undefined): readonly string[] {
  if (!keystore) return [];
  return typeof keystore.controller === 'string' ? [keystore.controller] : keystore.controller;
}
