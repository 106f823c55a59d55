import {type Make, Mutations, onDraft} from '../mutation.ts';

/** Sends another query, of which `own` is the right value. */
function query(write: (own: string, other: string) => string): Make {
  return onDraft(
    (_draft, {url}, {world}) => {
      const own = new URL(url).search.slice('?controller='.length);
      return {target: `/kms/keystores?${write(own, encodeURIComponent(world.foreign.owner.did))}`};
    },
    {kinds: ['listKeystores'], depths: [0]},
  );
}

/** Queries have each key once. */
export const R32 = new Mutations('R32')
  .stricter(
    'own, then another',
    'R32.duplicate-key',
    query((own, other) => `controller=${own}&controller=${other}`),
  )
  .stricter(
    'another, then own',
    'R32.duplicate-key',
    query((own, other) => `controller=${other}&controller=${own}`),
  )
  .stricter(
    'own twice',
    'R32.duplicate-key',
    query((own) => `controller=${own}&controller=${own}`),
  )
  .stricter(
    'another key twice',
    'R32.duplicate-key',
    query((own) => `controller=${own}&limit=1&limit=2`),
  )
  .stricter(
    'own twice, once encoded',
    'R32.duplicate-key',
    query((own, other) => `controller=${own}&%63ontroller=${other}`),
  )
  .stricter(
    'as a list',
    'R32.brackets',
    query((own) => `controller[]=${own}`),
  )
  .stricter(
    'as a list of two',
    'R32.brackets',
    query((own, other) => `controller[]=${own}&controller[]=${other}`),
  )
  .stricter(
    'by index',
    'R32.brackets',
    query((own) => `controller[0]=${own}`),
  )
  .stricter(
    'own, and as a list',
    'R32.brackets',
    query((own, other) => `controller=${own}&controller[]=${other}`),
  )
  .refused(
    'another only',
    query((_own, other) => `controller=${other}`),
  )
  .refused(
    'none',
    query(() => 'limit=1'),
  )
  .refused(
    'empty',
    query(() => 'controller='),
  )
  .refused(
    'a member',
    query((own) => `controller[did]=${own}`),
  )
  .accepted(
    'with a limit',
    query((own) => `controller=${own}&limit=5`),
  );
