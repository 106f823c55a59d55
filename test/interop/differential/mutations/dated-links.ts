import type {LinkChanges} from '../grant.ts';
import {withMembers} from '../mutation.ts';

/** Sets dates of links: `expires` of the document, `created` of the proof. */
export function dated(
  dates: Readonly<Record<number, {readonly expires?: string; readonly created?: string}>>,
): LinkChanges {
  return Object.fromEntries(
    Object.entries(dates).map(([index, {expires, created}]) => [
      index,
      (draft) => {
        const changed = expires === undefined ? draft : withMembers(draft, {expires});
        return created === undefined ? changed : {...changed, proof: {...changed.proof, created}};
      },
    ]),
  );
}
