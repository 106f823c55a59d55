import {delegate} from '../../../support/delegate.ts';
import {controller, type Controller} from '../../../support/did-key.ts';
import {rootCapabilityId} from '../../../support/signed-request.ts';
import {leafOf, makeGrant} from '../grant.ts';
import {type Kit, Mutations} from '../mutation.ts';
import {keystoreRoot, revocation} from './revocations.ts';

const owner = ({world}: Kit): Controller => world.property.owner;

/** Who may revoke. */
export const R40 = new Mutations('R40')
  .accepted(
    'the delegator',
    revocation((_kit, grant) => ({by: grant.holders.at(-2)!, capability: leafOf(grant)}), 2),
  )
  .accepted(
    'the delegate itself',
    revocation((_kit, grant) => ({by: grant.holders.at(-1)!, capability: leafOf(grant)}), 2),
  )
  .accepted(
    'the owner, of a later link',
    revocation((kit, grant) => ({by: owner(kit), capability: leafOf(grant)}), 3),
  )
  .accepted(
    'who may write to the keystore',
    revocation(async (kit, grant) => {
      const granted = await kit.world.grant(undefined, 2);
      return {by: granted.holders[2]!, capability: leafOf(grant), invoke: leafOf(granted)};
    }),
  )
  .refused(
    'a stranger',
    revocation((kit, grant) => ({by: kit.world.stranger, capability: leafOf(grant)})),
  )
  .refused(
    "a stranger, by the keystore's root",
    revocation((kit, grant) => ({
      by: kit.world.stranger,
      capability: leafOf(grant),
      invoke: keystoreRoot(kit),
    })),
  )
  .refused(
    "another keystore's owner",
    revocation((kit, grant) => ({by: kit.world.foreign.owner, capability: leafOf(grant)})),
  )
  .refused(
    "another keystore's owner, by that keystore's root",
    revocation((kit, grant) => ({
      by: kit.world.foreign.owner,
      capability: leafOf(grant),
      invoke: rootCapabilityId(kit.world.foreign.keystore),
    })),
  )
  .refused(
    'a delegate further down',
    revocation(async (_kit, grant) => {
      const by = controller('further down');
      await delegate({parent: leafOf(grant), delegator: grant.holders.at(-1)!, controller: by});
      return {by, capability: leafOf(grant)};
    }),
  )
  .refused(
    "the delegate, by the keystore's root",
    revocation((kit, grant) => ({
      by: grant.holders.at(-1)!,
      capability: leafOf(grant),
      invoke: keystoreRoot(kit),
    })),
  )
  .refused(
    'who may only sign',
    revocation(async (kit, grant) => {
      const granted = await kit.world.grant('ed25519', 1);
      return {by: granted.holders[1]!, capability: leafOf(grant), invoke: leafOf(granted)};
    }),
  )
  .refused(
    'who may write to another place',
    revocation(async (kit, grant) => {
      const {keystore} = kit.world.property;
      const holders = [owner(kit), kit.world.parties[0]!];
      const granted = await makeGrant({
        rootTarget: keystore,
        target: `${keystore}/keys`,
        actions: ['write'],
        holders,
      });
      return {by: holders[1]!, capability: leafOf(grant), invoke: leafOf(granted)};
    }),
  )
  .refused(
    'in another keystore',
    revocation((kit, grant) => ({
      by: kit.world.foreign.owner,
      capability: leafOf(grant),
      keystore: kit.world.foreign.keystore,
    })),
  )
  .refused(
    'in another keystore, as a party',
    revocation((kit, grant) => ({
      by: grant.holders.at(-1)!,
      capability: leafOf(grant),
      keystore: kit.world.foreign.keystore,
    })),
  );
