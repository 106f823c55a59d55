import type {Capability} from '../../../support/delegate.ts';
import type {Controller} from '../../../support/did-key.ts';
import {leafOf, relink, type Grant} from '../grant.ts';
import {type Kit, Mutations, withMembers} from '../mutation.ts';
import {after, revoke} from './revocations.ts';

const owner = ({world}: Kit): Controller => world.property.owner;

const DAY_MS = 86_400_000;

/** What a grant delegates, by the same id, from now on for so many days. */
async function againFor(days: number, grant: Grant): Promise<Capability> {
  const expires = new Date(Date.now() + days * DAY_MS).toISOString();
  return leafOf(await relink(grant, {[-1]: (draft) => withMembers(draft, {expires})}));
}

/** Once, unless what has the same id lives longer. */
export const R46 = new Mutations('R46')
  .refused(
    'again, by the owner',
    after(0, 1, (kit, grant) => revoke(kit, {by: owner(kit), capability: leafOf(grant)})),
  )
  .refused(
    'again, by the delegate',
    after(0, 1, (kit, grant) => revoke(kit, {by: grant.holders[1]!, capability: leafOf(grant)})),
  )
  .refused(
    'again, written otherwise',
    after(0, 1, (kit, grant) =>
      revoke(kit, {
        by: owner(kit),
        capability: {...leafOf(grant), controller: [leafOf(grant).controller as string]},
      }),
    ),
  )
  .refused(
    'again, of what was delegated once more, for less long',
    after(0, 1, async (kit, grant) => revoke(kit, {by: owner(kit), capability: await againFor(20, grant)})),
  )
  .excepted(
    'again, of what was delegated once more, for longer',
    'R46.lives-longer',
    after(0, 1, async (kit, grant) => revoke(kit, {by: owner(kit), capability: await againFor(40, grant)})),
  )
  .refused(
    'a descendant of what is revoked, by a revoked party',
    after(0, 2, (kit, grant) => revoke(kit, {by: grant.holders[2]!, capability: leafOf(grant)})),
  );
