import type {Controller} from '../../../support/did-key.ts';
import {rootCapabilityId} from '../../../support/signed-request.ts';
import {leafOf, makeGrant, relink} from '../grant.ts';
import {type Kit, type Make, Mutations, onBase, withMembers} from '../mutation.ts';
import {KEY_ACTIONS} from '../world.ts';
import {revocation, revoke} from './revocations.ts';

const owner = ({world}: Kit): Controller => world.property.owner;

/** Delegates a root for whose delegations there is no place to be revoked. */
function rootDelegated(kind: 'createKeystore' | 'listKeystores' | 'revoke'): Make {
  return onBase(
    async (base, {world}) => {
      const holders = [base.signer, world.parties[0]!];
      const rootTarget = kind === 'revoke' ? base.url : world.keystores;
      const signer =
        kind === 'revoke' && base.root !== rootCapabilityId(base.url) ? world.property.owner : base.signer;
      const grant = await makeGrant({
        rootTarget,
        target: base.url,
        actions: [base.action],
        holders: [signer, holders[1]!],
      });
      return {...base, grant, signer: holders[1]!};
    },
    {kinds: [kind], depths: [0]},
  );
}

/** What can be invoked can be revoked. */
export const R44 = new Mutations('R44')
  .accepted(
    'several controllers',
    revocation(async (kit, grant) => {
      const controllers = [leafOf(grant).controller, kit.world.stranger.did];
      return {
        by: owner(kit),
        capability: leafOf(
          await relink(grant, {[-1]: (draft) => withMembers(draft, {controller: controllers})}),
        ),
      };
    }),
  )
  .accepted(
    'one of several controllers',
    revocation(async (kit, grant) => {
      const controllers = [leafOf(grant).controller, kit.world.stranger.did];
      return {
        by: kit.world.stranger,
        capability: leafOf(
          await relink(grant, {[-1]: (draft) => withMembers(draft, {controller: controllers})}),
        ),
      };
    }),
  )
  .accepted(
    'no actions',
    revocation(async (kit, grant) => ({
      by: owner(kit),
      capability: leafOf(
        await relink(grant, {[-1]: (draft) => withMembers(draft, {allowedAction: undefined})}),
      ),
    })),
  )
  .accepted(
    'an id that is a URL',
    revocation(async (kit, grant) => ({
      by: owner(kit),
      capability: leafOf(
        await relink(grant, {
          [-1]: (draft) => withMembers(draft, {id: `https://example.com/zcaps/${kit.random.uuid()}?a=b#c`}),
        }),
      ),
    })),
  )
  .accepted(
    'the last of a long chain',
    revocation((kit, grant) => ({by: owner(kit), capability: leafOf(grant)}), 4),
  )
  .accepted('for all of the keystore', async (kit) => {
    const {keystore} = kit.world.property;
    const grant = await makeGrant({
      rootTarget: keystore,
      target: keystore,
      actions: KEY_ACTIONS,
      holders: [owner(kit), kit.world.parties[1]!],
    });
    return {base: 'revoke', request: revoke(kit, {by: owner(kit), capability: leafOf(grant)})};
  })
  .stricter('a delegated creation', 'R44.not-revocable', rootDelegated('createKeystore'))
  .stricter('a delegated list of keystores', 'R44.not-revocable', rootDelegated('listKeystores'))
  .stricter('a delegated root of a revocation', 'R44.not-revocable', rootDelegated('revoke'));
