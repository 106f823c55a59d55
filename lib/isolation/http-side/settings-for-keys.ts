import type {Settings} from '../../config/settings.ts';

/** Where the database is, and how to get in, is nothing to the key process. */
export function settingsForKeys(settings: Settings): object {
  return {...settings, storage: {kind: settings.storage.kind}, storageAccess: undefined, tls: undefined};
}
