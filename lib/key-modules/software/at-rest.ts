import {InternalError, KmsError} from '../../errors.ts';

/** Whatever fails on stored bytes is no fault of the client, who is told nothing of it; being unavailable passes. */
export async function atRest<T>(open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw error instanceof KmsError ? error : new InternalError(error);
  }
}
