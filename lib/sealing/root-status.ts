import type {RootWrapperRecord, RootWrapperState} from '../storage/key-hierarchy-store.ts';
import {ShamirWrapper} from './wrappers/shamir-wrapper.ts';

/** A root of trust as an operator sees it; nothing of it is secret. */
export interface RootStatus {
  /** `rw_…` */
  readonly id: string;
  readonly uri: string;
  /** The URI's scheme, e.g. `file`. */
  readonly kind: string;
  readonly state: RootWrapperState;
  readonly open: boolean;
  /** Why it is not open. */
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Of a root in shares: how many open it, how many there are, how many were given so far. */
  readonly threshold?: number;
  readonly shares?: number;
  readonly offered?: number;
}

export function rootStatus(
  {id, uri, state, createdAt}: RootWrapperRecord,
  {
    open,
    reason,
    offered,
  }: {readonly open: boolean; readonly reason: string | undefined; readonly offered: number},
): RootStatus {
  return {
    id,
    uri,
    kind: rootKind(uri),
    state,
    open,
    ...(!open && reason !== undefined && {reason}),
    createdAt,
    ...(ShamirWrapper.isUri(uri) && {...ShamirWrapper.parse(uri), offered}),
  };
}

/** @returns the scheme of a root's URI: which kind of root it is. */
export function rootKind(uri: string): string {
  return uri.slice(0, uri.indexOf(':'));
}
