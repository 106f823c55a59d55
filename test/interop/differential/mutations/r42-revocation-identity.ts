import {draftCapability, signCapability} from '../../../support/delegate.ts';
import {leafOf, relink} from '../grant.ts';
import {Mutations, withMembers} from '../mutation.ts';
import {after, revoke, use} from './revocations.ts';

/** What is revoked is a delegator's capability of that id: not a document, nor an id. */
export const R42 = new Mutations('R42')
  .refused(
    'controller as a list',
    after(0, 1, (kit, grant) => use(kit, grant, {...leafOf(grant), controller: [leafOf(grant).controller]})),
  )
  .refused(
    'actions in another order',
    after(0, 1, (kit, grant) =>
      use(kit, grant, {...leafOf(grant), allowedAction: [leafOf(grant).allowedAction].flat().toReversed()}),
    ),
  )
  .refused(
    'members in another order',
    after(0, 1, (kit, grant) => use(kit, grant, Object.fromEntries(Object.entries(leafOf(grant)).reverse()))),
  )
  .refused(
    'signed anew, with other actions',
    after(0, 1, async (kit, grant) =>
      use(kit, await relink(grant, {[-1]: (draft) => withMembers(draft, {allowedAction: ['sign', 'read']})})),
    ),
  )
  .accepted('the same id, minted and revoked by somebody else', async (kit) => {
    const {world, random} = kit;
    const victim = await world.freshGrant(world.property, 1, random);
    const attacker = await world.freshGrant(world.property, 1, random);
    const draft = draftCapability({
      parent: leafOf(attacker),
      delegator: attacker.holders[1]!,
      controller: world.stranger,
      id: leafOf(victim).id,
    });
    const prelude = [revoke(kit, {by: attacker.holders[1]!, capability: await signCapability(draft)})];
    return {base: 'sign, 1 delegation', prelude, request: use(kit, victim)};
  });
