import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {randomId} from './random-id.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootWrapper, RootWrapperAccess, RootWrapperScheme} from './root-wrapper.ts';
import type {RootOfTrustLog} from './stored-root.ts';
import {ShamirWrapper} from './wrappers/shamir-wrapper.ts';

export interface SeedOptions {
  readonly store: KeyHierarchyStore;
  readonly scheme: RootWrapperScheme;
  /** The setting, normalised. */
  readonly uri: string;
  readonly access: RootWrapperAccess;
  readonly log: RootOfTrustLog;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Stores the setting's root as the first; makes it where it does not exist. @returns whether a new root was made. */
export async function seedRoot({store, scheme, uri, access, log, clock}: SeedOptions): Promise<boolean> {
  const {wrapper, created} = await openOrCreate(scheme, uri, access);
  if (created)
    log.warn({uri}, 'made a new root key: back it up, without it nothing in the store can be opened');
  const record = newRootRecord(wrapper, {state: 'active', createdAt: clock()});
  await wrapper.close();
  const first = await store.insertFirstRootWrapper(record);
  if (!first) log.info({uri}, 'another node has stored the first root wrapper');
  return created;
}

/**
 * Stores a new root in shares as the first. @returns the shares, which are nowhere else.
 * @throws RootOfTrustError, `exists` where there is one, or the setting is not one in shares
 */
export async function seedShares({store, uri, clock}: Pick<SeedOptions, 'store' | 'uri' | 'clock'>): Promise<{
  readonly rootWrapperId: string;
  readonly shares: readonly string[];
}> {
  if (ShamirWrapper.isUri(uri) && (await store.listRootWrappers()).length === 0) {
    const {wrapper, shares} = await ShamirWrapper.split(uri);
    await wrapper.close();
    const record = newRootRecord(wrapper, {state: 'active', createdAt: clock()});
    if (await store.insertFirstRootWrapper(record)) return {rootWrapperId: record.id, shares};
  }
  throw new RootOfTrustError('exists', 'The store has a root of trust already. Nothing was made.');
}

export function newRootRecord(
  wrapper: RootWrapper,
  {state, createdAt}: Pick<RootWrapperRecord, 'state' | 'createdAt'>,
): RootWrapperRecord {
  return {
    id: randomId('rw'),
    uri: wrapper.uri,
    wrapperKeyId: wrapper.keyId,
    ...(wrapper.parameters !== undefined && {parameters: wrapper.parameters}),
    createdAt,
    state,
  };
}

/** Opens a root, or makes it where it does not exist. @throws RootOfTrustError */
export async function openOrCreate(
  scheme: RootWrapperScheme,
  uri: string,
  access: RootWrapperAccess,
): Promise<{readonly wrapper: RootWrapper; readonly created: boolean}> {
  try {
    return {wrapper: await scheme.open(uri, access), created: false};
  } catch (error) {
    if (!hasReason(error, 'missing')) throw error;
  }
  try {
    return {wrapper: await scheme.create(uri, access), created: true};
  } catch (error) {
    if (!hasReason(error, 'exists')) throw error;
  }
  // Another process has made it in between.
  return {wrapper: await scheme.open(uri, access), created: false};
}

function hasReason(error: unknown, reason: RootOfTrustError['reason']): error is RootOfTrustError {
  return error instanceof RootOfTrustError && error.reason === reason;
}
