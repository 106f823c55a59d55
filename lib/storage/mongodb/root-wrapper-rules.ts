import {DuplicateError} from '../../errors.ts';
import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../key-errors.ts';
import type {
  KeyHierarchyStore,
  RootKeyVersionRecord,
  RootWrapperRecord,
  RootWrapperState,
  ScopeKeysRecord,
  SealedUnderDataKey,
} from '../key-hierarchy-store.ts';
import type {Sealing} from './scope-sealing.ts';

export type RootWrapperChange = Parameters<KeyHierarchyStore['updateRootWrapper']>[1];

const isIn =
  (...states: readonly RootWrapperState[]) =>
  ({state}: RootWrapperRecord): boolean =>
    states.includes(state);

function requireSealer(sealer: SealedUnderDataKey | undefined): void {
  if (sealer?.blob.length === 0) throw new TypeError('A sealer at rest is not empty.');
}

/** What may be added to the root wrappers. @throws DuplicateError; TypeError of what is none */
export function withRootWrapper(
  roots: readonly RootWrapperRecord[],
  {id, uri, wrapperKeyId, parameters, createdAt, state, sealer}: RootWrapperRecord,
): readonly RootWrapperRecord[] {
  const isFilled = id !== '' && uri !== '' && wrapperKeyId !== '' && parameters !== '';
  if (!isFilled || !Number.isSafeInteger(createdAt) || state === 'retiring') {
    throw new TypeError('A new root wrapper is adding or active, and has no empty member.');
  }
  requireSealer(sealer);
  if (roots.some((root) => root.id === id || root.wrapperKeyId === wrapperKeyId)) {
    throw new DuplicateError('A record with that identity exists.');
  }
  const members = {id, uri, wrapperKeyId, ...(parameters !== undefined && {parameters}), createdAt, state};
  return [...roots, {...members, ...(sealer && {sealer: toSealer(sealer)})}];
}

const toSealer = ({blob, dataKeyVersionId}: SealedUnderDataKey): SealedUnderDataKey => ({
  blob,
  dataKeyVersionId,
});

/** The root wrappers after the change. @throws KeyInUseError where an active one would become `adding`; TypeError */
export function withChangedRoot(
  roots: readonly RootWrapperRecord[],
  changed: RootWrapperRecord,
  {to, sealer, uri}: RootWrapperChange,
): readonly RootWrapperRecord[] {
  if (uri === '') throw new TypeError('The URI of a root wrapper is not empty.');
  requireSealer(sealer);
  if (changed.state === 'active' && to === 'adding') {
    throw new KeyInUseError('An active root wrapper can only be retired.');
  }
  const root = {
    ...changed,
    state: to,
    ...(uri !== undefined && {uri}),
    ...(sealer && {sealer: toSealer(sealer)}),
  };
  return roots.map((each) => (each === changed ? root : each));
}

/**
 * What always holds: an active root wrapper opens every root key version.
 * @param sealings of all scopes, when nobody seals or unseals any more
 * @throws KeyInUseError
 */
export function requireAllOpened(
  roots: readonly RootWrapperRecord[],
  {id, to}: {readonly id: string; readonly to: RootWrapperState},
  sealings: readonly Sealing[],
): void {
  const opensAll = (rootWrapperId: string) => (sealing: Sealing) =>
    sealing.sealedUnder.get(rootWrapperId) === sealing.versions;
  if (to === 'active' && !sealings.every(opensAll(id))) {
    throw new KeyInUseError('Not every root key is sealed under the root wrapper yet.');
  }
  if (to !== 'retiring') return;
  const others = roots.filter((root) => root.id !== id && root.state === 'active');
  if (others.length === 0) throw new KeyInUseError('No other root wrapper is active.');
  if (!sealings.every((sealing) => others.some((other) => opensAll(other.id)(sealing)))) {
    throw new KeyInUseError('Not every root key is sealed under another root wrapper that is active.');
  }
}

/** @throws RootsChangedError where a root key version is not sealed under just the root wrappers that are in use */
export function requireAllInUse(
  roots: readonly RootWrapperRecord[],
  rootKeyVersions: readonly RootKeyVersionRecord[],
): void {
  const inUse = new Set(roots.filter(isIn('adding', 'active')).map(({id}) => id));
  for (const {sealed} of rootKeyVersions) {
    const named = new Set(sealed.map(({rootWrapperId}) => rootWrapperId));
    const isEach = named.size === sealed.length && named.size === inUse.size;
    if (isEach && [...named].every((id) => inUse.has(id))) continue;
    throw new RootsChangedError('A root key is sealed under just the root wrappers that are in use.');
  }
}

/** A data key is sealed by what an active root wrapper opens. */
export function requireOpenedDataKeys(
  roots: readonly RootWrapperRecord[],
  {rootKeyVersions, dataKeys}: ScopeKeysRecord,
): void {
  const active = new Set(roots.filter(isIn('active')).map(({id}) => id));
  const opened = new Set(
    rootKeyVersions
      .filter(({sealed}) => sealed.some(({rootWrapperId}) => active.has(rootWrapperId)))
      .map(({id}) => id),
  );
  const all = dataKeys.flatMap(({versions}) => versions);
  if (!all.every(({rootKeyVersionId}) => opened.has(rootKeyVersionId))) {
    throw new TypeError('A data key version is sealed under a root key that nothing opens.');
  }
}

/** @throws KeyNotFoundError; RootsChangedError where nothing is sealed under it any more */
export function requireSealable(roots: readonly RootWrapperRecord[], id: string): void {
  const root = roots.find((each) => each.id === id);
  if (!root) throw new KeyNotFoundError('There is no such root wrapper.');
  if (root.state === 'retiring') throw new RootsChangedError('The root wrapper is being retired.');
}

/**
 * A root key version without what it was sealed to under the root wrapper.
 * @throws KeyInUseError where no other active root wrapper has it sealed, or the root wrapper is active itself
 */
export function withoutSealed(
  roots: readonly RootWrapperRecord[],
  version: RootKeyVersionRecord,
  rootWrapperId: string,
): RootKeyVersionRecord {
  requireUnsealable(roots, rootWrapperId);
  const active = new Set(roots.filter(isIn('active')).map(({id}) => id));
  const sealed = version.sealed.filter((each) => each.rootWrapperId !== rootWrapperId);
  if (sealed.some((each) => active.has(each.rootWrapperId))) return {...version, sealed};
  throw new KeyInUseError('Nothing else has the root key sealed.');
}

/** @returns whether there is such a root wrapper. @throws KeyInUseError where it is active */
export function requireUnsealable(roots: readonly RootWrapperRecord[], id: string): boolean {
  const state = roots.find((root) => root.id === id)?.state;
  if (state === 'active') throw new KeyInUseError('The root wrapper is active.');
  return state !== undefined;
}

/** @throws KeyInUseError where one of the versions is what a root wrapper's sealer is sealed under */
export function requireNoSealer(
  roots: readonly RootWrapperRecord[],
  dataKeyVersionIds: readonly string[],
): void {
  const named = roots.some(({sealer}) => sealer && dataKeyVersionIds.includes(sealer.dataKeyVersionId));
  if (named) throw new KeyInUseError('Something is sealed under it.');
}
