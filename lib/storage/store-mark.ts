import {StoreOpenError} from './store-open-error.ts';

/** What a move (lib/moving) has made of a store. Without a mark it takes part in none. */
export type StoreMarkState =
  /** Records are being put into it. */
  | 'filling'
  /** All were, and it may be served from. */
  | 'whole'
  /** Records are being read from it. */
  | 'moving'
  /** All were, and another store is the one that counts. */
  | 'moved';

export const STORE_MARK_STATES: readonly StoreMarkState[] = ['filling', 'whole', 'moving', 'moved'];

export interface StoreMark {
  readonly state: StoreMarkState;
  /** `mv_` + random: source and target of one move have the same. */
  readonly moveId: string;
  /** The other store of the move, for people: never a secret. */
  readonly other: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Of a store that is being filled: how far that is. Opaque to the store. */
  readonly progress?: string;
}

/** What tells one mark from another, whatever progress was made. */
export type StoreMarkIdentity = Pick<StoreMark, 'state' | 'moveId'>;

/** Whether the store may be used otherwise than by a move. */
export const isServable = (mark: StoreMark | undefined): boolean =>
  mark === undefined || mark.state === 'whole';

/** @throws StoreOpenError where the store is not to be used, but by a move */
export function assertServable(mark: StoreMark | undefined): void {
  if (mark === undefined || mark.state === 'whole') return;
  throw new StoreOpenError('ERR_STORE_MOVED', describe(mark, mark.state));
}

function describe({other, since}: StoreMark, state: Exclude<StoreMarkState, 'whole'>): string {
  const when = new Date(since).toISOString();
  switch (state) {
    case 'moved':
      return `WEBKMS_STORAGE names a store that was moved to ${other} (${when}). Use that one: what is here is old.`;
    case 'moving':
      return (
        `WEBKMS_STORAGE names a store that is being moved to ${other}, since ${when}. Let webkms admin migrate end; or, ` +
        'to go on using this store, webkms admin migrate --cancel.'
      );
    case 'filling':
      return (
        `WEBKMS_STORAGE names a store that is being filled from ${other}, since ${when}, and is not whole. ` +
        'Let webkms admin migrate end; or empty the database.'
      );
  }
}
