import {timingSafeEqual} from 'node:crypto';
import {UnavailableError} from '../../errors.ts';
import type {RootKeyVersionRecord, ScopeKeysRecord} from '../../storage/key-hierarchy-store.ts';
import {AesGcmKey} from '../aes-gcm-key.ts';
import type {IdentifiedRootSealer, IdentifiedRootWrapper, RootSet} from '../root-wrapper.ts';
import {SealedError} from '../sealing-errors.ts';
import {SealedBlobError} from '../wrapper.ts';
import {rootKeyContext} from './contexts.ts';
import {rootKeyIdentity} from './scope-record.ts';

/** The roots that are open now. */
export type OpenedRoots = Pick<RootSet, 'opened'>;

type RootKey = Pick<ScopeKeysRecord, 'scope' | 'rootKeyId'>;

/** Seals a root key version under every root. @throws UnavailableError where one of them cannot be used */
export async function sealRootKey(
  bytes: Uint8Array,
  rootKey: RootKey,
  version: Pick<RootKeyVersionRecord, 'id' | 'version'>,
  roots: readonly IdentifiedRootSealer[],
): Promise<RootKeyVersionRecord['sealed']> {
  const id = rootKeyIdentity(rootKey, version);
  return asRootUse(() =>
    Promise.all(
      roots.map(async ({id: rootWrapperId, sealer}) => {
        const blob = await sealer.seal(bytes, rootKeyContext({...id, rootWrapperId}));
        return {rootWrapperId, blob};
      }),
    ),
  );
}

/** Opens a root key version by the first root wrapper that can. @throws as `openRootKeyBytes` */
export async function openRootKey(
  rootKey: RootKey,
  version: RootKeyVersionRecord,
  roots: readonly IdentifiedRootWrapper[],
): Promise<AesGcmKey> {
  return takeKey(version.id, await openRootKeyBytes(rootKey, version, roots));
}

/**
 * @returns a root key version's bytes, which the caller overwrites.
 * @throws SealedBlobError where all that sealed it refuse the blob; UnavailableError where one could not be asked
 */
export async function openRootKeyBytes(
  rootKey: RootKey,
  version: RootKeyVersionRecord,
  roots: readonly IdentifiedRootWrapper[],
): Promise<Uint8Array> {
  if (roots.length === 0) throw new SealedError();
  const id = rootKeyIdentity(rootKey, version);
  const failures: unknown[] = [];
  for (const {id: rootWrapperId, wrapper} of roots) {
    const blob = version.sealed.find((entry) => entry.rootWrapperId === rootWrapperId)?.blob;
    if (!blob) continue;
    try {
      return await wrapper.open(blob, rootKeyContext({...id, rootWrapperId}));
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

/**
 * Seals a stored root key version under one more root, and, where that is at hand, shows that it opens.
 * @throws SealedBlobError where it does not, or none of the roots opens the version; UnavailableError
 */
export async function resealRootKey(
  rootKey: RootKey,
  version: RootKeyVersionRecord,
  {opened, under}: {readonly opened: readonly IdentifiedRootWrapper[]; readonly under: IdentifiedRootSealer},
): Promise<Uint8Array> {
  const bytes = await openRootKeyBytes(rootKey, version, opened);
  try {
    const [sealed] = await sealRootKey(bytes, rootKey, version, [under]);
    if (!sealed) throw new SealedBlobError();
    const atHand = opened.find(({id}) => id === under.id);
    if (atHand) await assertOpens(atHand, sealed.blob, {bytes, id: rootKeyIdentity(rootKey, version)});
    return sealed.blob;
  } finally {
    bytes.fill(0);
  }
}

async function assertOpens(
  {id: rootWrapperId, wrapper}: IdentifiedRootWrapper,
  blob: Uint8Array,
  {bytes, id}: {readonly bytes: Uint8Array; readonly id: ReturnType<typeof rootKeyIdentity>},
): Promise<void> {
  const opened = await asRootUse(() => wrapper.open(blob, rootKeyContext({...id, rootWrapperId})));
  try {
    const same = opened.length === bytes.length && timingSafeEqual(opened, bytes);
    if (!same) throw new SealedBlobError();
  } finally {
    opened.fill(0);
  }
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

async function asRootUse<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SealedBlobError ? error : rootUnavailable(error);
  }
}
