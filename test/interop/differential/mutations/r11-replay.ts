import {signDraft} from '../../../support/signed-request.ts';
import {type BaseFilter, draftOf, makeBase, nameOf} from '../base.ts';
import {KEY_OPERATIONS, READS} from '../kinds.ts';
import {type Make, Mutations, seconds} from '../mutation.ts';

/** The same bytes, sent again; the first time both accept them. */
function again(filter: BaseFilter, ageSeconds = 0): Make {
  return async (kit) => {
    const base = await makeBase(kit.world, kit.random, filter);
    // Another expiry each time: what is signed in the same second is not the same.
    const expires = seconds(600 - ageSeconds - kit.random.below(500));
    const request = signDraft({...draftOf(base), created: seconds(-ageSeconds), expires});
    return {base: nameOf(base), prelude: [request], request};
  };
}

/** What was signed once is done once, where it changes something. */
export const R11 = new Mutations('R11')
  .refused('an update', again({kinds: ['updateKeystore']}))
  .refused('a deletion', again({kinds: ['deleteKeystore']}))
  .refused('a revocation', again({kinds: ['revoke']}))
  .accepted('a generation, at once', again({kinds: ['generateKey']}))
  .accepted('a creation, at once', again({kinds: ['createKeystore']}))
  .stricter('a generation, ten seconds old', 'R11.replay', again({kinds: ['generateKey']}, 10))
  .stricter('a creation, ten seconds old', 'R11.replay', again({kinds: ['createKeystore']}, 10))
  .accepted('an operation', again({kinds: KEY_OPERATIONS}, 30))
  .accepted('a read', again({kinds: READS}, 30));
