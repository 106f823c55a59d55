import {delegate} from '../../../support/delegate.ts';
import {leafOf} from '../grant.ts';
import {Mutations} from '../mutation.ts';
import {after, revoke, use} from './revocations.ts';

/** What is revoked is refused at once, with all its descendants. */
export const R41 = new Mutations('R41')
  .refused('the revoked one', after(0, 1, use))
  .refused('the revoked one, the last of three', after(2, 3, use))
  .refused('its child', after(0, 2, use))
  .refused('its grandchild', after(0, 3, use))
  .refused('the child of one in the middle', after(1, 3, use))
  .refused(
    'a new child of it',
    after(0, 1, async (kit, grant) => {
      const to = kit.world.parties[8]!;
      const child = await delegate({parent: leafOf(grant), delegator: grant.holders.at(-1)!, controller: to});
      return use(kit, {...grant, holders: [...grant.holders, to], links: [...grant.links, child]});
    }),
  )
  .refused(
    'a revocation by the revoked',
    after(0, 2, (kit, grant) => revoke(kit, {by: grant.holders[1]!, capability: leafOf(grant)})),
  )
  .accepted(
    'its parent',
    after(1, 2, (kit, grant) =>
      use(kit, {...grant, holders: grant.holders.slice(0, 2), links: grant.links.slice(0, 1)}),
    ),
  )
  .accepted(
    'another of the same delegator',
    after(0, 1, async (kit) => use(kit, await kit.world.freshGrant(kit.world.property, 1, kit.random))),
  );
