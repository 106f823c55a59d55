import {InternalError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';

/**
 * Uses a key as its record says. Between reading the record and opening its material the key can be sealed anew, and the
 * version that sealed the old material destroyed: what fails then is done once more with the record as it is now.
 */
export async function withCurrentKey<T>(
  find: () => Promise<KeyRecord>,
  use: (record: KeyRecord) => Promise<T>,
): Promise<T> {
  const record = await find();
  try {
    return await use(record);
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    const current = await find();
    if (current.sequence === record.sequence) throw error;
    return use(current);
  }
}
