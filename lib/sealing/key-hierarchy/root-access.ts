import {UnavailableError} from '../../errors.ts';
import type {RootKeyVersionRecord} from '../../storage/key-hierarchy-store.ts';
import {AesGcmKey} from '../aes-gcm-key.ts';
import type {IdentifiedRootWrapper} from '../root-wrapper.ts';
import {SealedBlobError} from '../wrapper.ts';
import {rootKeyContext, type RootKeyContext} from './contexts.ts';

type RootKeyVersionId = Omit<RootKeyContext, 'rootWrapperId'>;

/** Seals a root key version under every root wrapper. @throws UnavailableError where one of them cannot be used */
export async function sealRootKey(
  bytes: Uint8Array,
  id: RootKeyVersionId,
  rootWrappers: readonly IdentifiedRootWrapper[],
): Promise<RootKeyVersionRecord['sealed']> {
  try {
    return await Promise.all(
      rootWrappers.map(async ({id: rootWrapperId, wrapper}) => {
        const blob = await wrapper.seal(bytes, rootKeyContext({...id, rootWrapperId}));
        return {rootWrapperId, blob};
      }),
    );
  } catch (cause) {
    throw rootUnavailable(cause);
  }
}

/**
 * Opens a root key version by the first root wrapper that can.
 * @throws SealedBlobError where all that sealed it refuse the blob; UnavailableError where one could not be asked
 */
export async function openRootKey(
  sealed: RootKeyVersionRecord['sealed'],
  id: RootKeyVersionId,
  rootWrappers: readonly IdentifiedRootWrapper[],
): Promise<AesGcmKey> {
  const failures: unknown[] = [];
  for (const {id: rootWrapperId, wrapper} of rootWrappers) {
    const blob = sealed.find((entry) => entry.rootWrapperId === rootWrapperId)?.blob;
    if (!blob) continue;
    try {
      return takeKey(id.rootKeyVersionId, await wrapper.open(blob, rootKeyContext({...id, rootWrapperId})));
    } catch (error) {
      failures.push(error);
    }
  }
  const refused = failures.length > 0 && failures.every((failure) => failure instanceof SealedBlobError);
  if (refused) throw new SealedBlobError({cause: failures[0]});
  const message =
    failures.length > 0 ? 'No root wrapper could be used.' : 'No root wrapper at hand has sealed this key.';
  throw rootUnavailable(new AggregateError(failures, message));
}

/** Makes a key of an opened key's bytes, and overwrites these. @throws SealedBlobError where they are not a key */
export function takeKey(id: string, bytes: Uint8Array): AesGcmKey {
  try {
    return new AesGcmKey(id, bytes);
  } finally {
    bytes.fill(0);
  }
}

export function rootUnavailable(cause: unknown): UnavailableError {
  return new UnavailableError('The root of trust cannot be used now.', {cause});
}
