import type {StorageLocation} from './config/location-parsers.ts';
import {describeStorage} from './config/location-parsers.ts';
import type {Settings} from './config/settings.ts';
import {MoveError} from './moving/move-error.ts';
import {type MovedStore, toMovedStore} from './moving/moved-store.ts';
import {openStores} from './open-stores.ts';
import {StoreOpenError} from './storage/store-open-error.ts';

/** Pages are larger than what requests ask for, and counting takes as long as there is to count. */
const TIMEOUT_MS = 60_000;

export interface MoveEnd {
  readonly storage: StorageLocation;
  /** `from` or `to`: the option that names it; absent: WEBKMS_STORAGE does. */
  readonly option?: 'from' | 'to' | undefined;
  /** Of one that an option names. */
  readonly passwordFile?: string | undefined;
}

/**
 * Opens one side of a move, and brings its schema to this release's version; of a file that is not there one is made.
 * @param closing gets what is opened
 * @throws MoveError where it cannot be opened: it names the option, or the setting
 */
export async function openMovedStore(
  {storage, option, passwordFile}: MoveEnd,
  {settings, closing}: {readonly settings: Settings; readonly closing: AsyncDisposableStack},
): Promise<MovedStore> {
  const {storageAccess} = settings;
  const timeoutMs = Math.max(storageAccess.timeoutMs, TIMEOUT_MS);
  try {
    const stores = await (option === undefined
      ? openStores({storage, storageAccess: {...storageAccess, timeoutMs}})
      : openStores(
          {storage, storageAccess: {...storageAccess, timeoutMs, passwordFile}},
          {takeSecret: () => undefined},
        ));
    closing.defer(() => stores.close());
    return toMovedStore(stores, describeStorage(storage));
  } catch (error) {
    if (!(error instanceof StoreOpenError)) throw error;
    const message =
      option === undefined
        ? error.message
        : error.message
            .replaceAll('WEBKMS_STORAGE_PASSWORD_FILE', `--${option}-password-file`)
            .replaceAll('WEBKMS_STORAGE', `--${option}`);
    throw new MoveError('refused', message, {cause: error});
  }
}
