import type {StoreTransfer} from '../storage/store-transfer.ts';
import type {Stores} from '../storage/stores.ts';
import {MoveError} from './move-error.ts';

/** One side of a move. */
export interface MovedStore extends Pick<Stores, 'jobs' | 'keyHierarchy' | 'leases'> {
  /** For people, e.g. `sqlite:/var/lib/webkms/webkms.db`: never a secret. */
  readonly shown: string;
  readonly transfer: StoreTransfer;
}

/** @throws MoveError where the backend does not move */
export function toMovedStore(stores: Stores, shown: string): MovedStore {
  const {jobs, keyHierarchy, leases, transfer} = stores;
  if (!transfer) throw new MoveError('refused', `The store ${shown} cannot be moved by this release.`);
  return {jobs, keyHierarchy, leases, transfer, shown};
}
