import {toStoreError} from './driver-error.ts';

/** For what is done with values before they are sent, and with rows after they came: what goes wrong comes out as a StoreError. */
export async function withStoreErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}
