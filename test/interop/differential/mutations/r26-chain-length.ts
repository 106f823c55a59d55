import {KEY_OPERATIONS, ON_KEY} from '../kinds.ts';
import {type Make, Mutations, onBase} from '../mutation.ts';

/** Puts the request to a key that allows chains of at most that length. */
function onLimitedKey(
  max: 1 | 2 | 3,
  depths: readonly number[],
  kinds: readonly ('sign' | 'readKey')[] = ['sign'],
): Make {
  return onBase(
    async (base, {world}) => {
      const url = world.limited[max];
      const grant = base.grant && (await world.grant(undefined, base.grant.links.length));
      return {...base, url, grant, ...(base.json && {json: {...base.json, invocationTarget: url}})};
    },
    {kinds, depths},
  );
}

/** How long chains are. */
export const R26 = new Mutations('R26')
  .refused(
    'eleven',
    onBase(
      async (base, {world}) => {
        const grant = await world.grant(undefined, 10);
        return {...base, grant, signer: grant.holders[10]!};
      },
      {kinds: ON_KEY, depths: [1]},
    ),
  )
  .accepted(
    'ten',
    onBase((base) => base, {kinds: KEY_OPERATIONS, depths: [9]}),
  )
  .refused('two, where a key allows one', onLimitedKey(1, [1]))
  .refused('three, where a key allows two', onLimitedKey(2, [2]))
  .refused('four, where a key allows three', onLimitedKey(3, [3]))
  .refused('four, where a key allows one', onLimitedKey(1, [3]))
  .stricter('too many to read a key', 'R26.read', onLimitedKey(1, [1, 2], ['readKey']))
  .accepted('one, where a key allows one', onLimitedKey(1, [0]))
  .accepted('two, where a key allows two', onLimitedKey(2, [0, 1]))
  .accepted('three, where a key allows three', onLimitedKey(3, [1, 2]));
