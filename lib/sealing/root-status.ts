import type {RootWrapperRecord, RootWrapperState} from '../storage/key-hierarchy-store.ts';
import type {OfferedShares} from './offered-shares.ts';
import type {OpenRoots} from './open-roots.ts';
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
  /** It is not open, and is tried again by itself. */
  readonly awaited?: true;
  /** It is open, and why it cannot be used now. */
  readonly problem?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Of a root in shares: how many open it, how many there are, how many were given so far. */
  readonly threshold?: number;
  readonly shares?: number;
  readonly offered?: number;
}

export interface RootStatusSource {
  readonly roots: Pick<OpenRoots, 'records' | 'absences' | 'isOpen'>;
  readonly offered: Pick<OfferedShares, 'count'>;
  readonly sealedByOperator: boolean;
}

export function rootStatuses({roots, offered, sealedByOperator}: RootStatusSource): readonly RootStatus[] {
  const whyClosed = ({id, state}: RootWrapperRecord): string | undefined => {
    if (state === 'retiring') return 'It is being retired.';
    return sealedByOperator ? 'Sealed by an operator.' : roots.absences.get(id)?.message;
  };
  return roots.records.map((record) => {
    const {id, uri, state, createdAt} = record;
    const open = roots.isOpen(id);
    const reason = open ? undefined : whyClosed(record);
    return {
      ...{id, uri, kind: rootKind(uri), state, open},
      ...(reason !== undefined && {reason}),
      createdAt,
      ...(ShamirWrapper.isUri(uri) && {...ShamirWrapper.parse(uri), offered: offered.count(id)}),
    };
  });
}

/** @returns the scheme of a root's URI: which kind of root it is. */
export function rootKind(uri: string): string {
  return uri.slice(0, uri.indexOf(':'));
}
