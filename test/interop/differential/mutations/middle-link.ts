import type {CapabilityDraft} from '../../../support/delegate.ts';
import {type Make, onLinks, withMembers} from '../mutation.ts';

/** Sets a member of a link that is not the last. */
export function middle(members: Readonly<Record<string, unknown>>): Make {
  return onLinks(() => ({[-2]: (draft: CapabilityDraft) => withMembers(draft, members)}), {depths: [2, 3]});
}
