import {TamperedRecordError} from './tampered-record-error.ts';

/**
 * Reads something and verifies it; once more where that fails: it may have been sealed anew since it was read, and the
 * key version that it named destroyed, and then another record is there by now.
 */
export async function readVerified<Stored, Verified>(
  read: () => Promise<Stored>,
  verify: (stored: Stored) => Promise<Verified>,
): Promise<Verified> {
  try {
    return await verify(await read());
  } catch (error) {
    if (!(error instanceof TamperedRecordError)) throw error;
    return verify(await read());
  }
}
