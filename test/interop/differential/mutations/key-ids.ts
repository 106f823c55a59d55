import {type Make, onDraft} from '../mutation.ts';

/** Names another key than the one that signs, or names it otherwise. */
export function named(keyId: (own: string) => string): Make {
  return onDraft((draft) => ({keyId: keyId(draft.keyId)}));
}
