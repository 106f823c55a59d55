import type {RequestDraft, WireRequest} from '../../support/signed-request.ts';
import type {Kind} from './bases.ts';

/**
 * What must become of a mutant: `accepted` where nothing that matters was changed, `refused` where something was;
 * `either` where that is for others to say: then all that matters is that it is no fault of the server's.
 */
export type Fate = 'accepted' | 'refused' | 'either';

/** A valid request that was changed. */
export interface Mutant {
  /** What was done to it, for people. */
  readonly name: string;
  readonly kind: Kind;
  readonly fate: Fate;
  readonly request: WireRequest | Buffer;
}

/** A change of a signed request: what it is then, or undefined where it does not apply to this one. */
export type Change<T> = (subject: T) => Changed<T> | undefined;

export interface Changed<T> {
  readonly subject: T;
  readonly fate: Fate;
}

export type WireChange = Change<WireRequest>;
export type DraftChange = Change<RequestDraft>;

export function broken<T>(subject: T): Changed<T> {
  return {subject, fate: 'refused'};
}

export function same<T>(subject: T): Changed<T> {
  return {subject, fate: 'accepted'};
}
