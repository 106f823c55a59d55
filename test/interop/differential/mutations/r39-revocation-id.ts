import type {Capability} from '../../../support/delegate.ts';
import type {Controller} from '../../../support/did-key.ts';
import {leafOf} from '../grant.ts';
import {type Kit, Mutations, without} from '../mutation.ts';
import {keystoreRoot, revocation, revoke} from './revocations.ts';

const owner = ({world}: Kit): Controller => world.property.owner;

/** What is revoked is what the URL says. */
export const R39 = new Mutations('R39')
  .accepted(
    "by the URL's root",
    revocation((kit, grant) => ({by: owner(kit), capability: leafOf(grant)})),
  )
  .accepted(
    "by the keystore's root",
    revocation((kit, grant) => ({by: owner(kit), capability: leafOf(grant), invoke: keystoreRoot(kit)})),
  )
  .stricter(
    "another capability's URL",
    'R39.id',
    revocation((kit, grant) => ({
      by: owner(kit),
      capability: leafOf(grant),
      segment: encodeURIComponent(`urn:uuid:${kit.random.uuid()}`),
      invoke: keystoreRoot(kit),
    })),
  )
  .stricter(
    "another capability's URL, by its root",
    'R39.id',
    revocation((kit, grant) => ({
      by: owner(kit),
      capability: leafOf(grant),
      segment: encodeURIComponent(`urn:uuid:${kit.random.uuid()}`),
    })),
  )
  .stricter(
    'escapes in lower case',
    'R39.encoding',
    revocation((kit, grant) => ({
      by: owner(kit),
      capability: leafOf(grant),
      segment: encodeURIComponent(leafOf(grant).id).toLowerCase(),
      invoke: keystoreRoot(kit),
    })),
  )
  .stricter(
    'more escapes than needed',
    'R39.encoding',
    revocation((kit, grant) => ({
      by: owner(kit),
      capability: leafOf(grant),
      segment: encodeURIComponent(leafOf(grant).id).replace('urn', '%75rn'),
      invoke: keystoreRoot(kit),
    })),
  )
  .stricter(
    'a trailing slash',
    'R31.path',
    revocation((kit, grant) => ({
      by: owner(kit),
      capability: leafOf(grant),
      segment: `${encodeURIComponent(leafOf(grant).id)}/`,
      invoke: keystoreRoot(kit),
    })),
  )
  .stricter(
    'a query',
    'R31.query',
    revocation((kit, grant) => ({
      by: owner(kit),
      capability: leafOf(grant),
      segment: `${encodeURIComponent(leafOf(grant).id)}?x=1`,
      invoke: keystoreRoot(kit),
    })),
  )
  .refused(
    'changed after signing',
    revocation((kit, grant) => ({by: owner(kit), capability: {...leafOf(grant), allowedAction: 'other'}})),
  )
  .refused(
    'without its proof',
    revocation((kit, grant) => {
      return {by: owner(kit), capability: without(leafOf(grant), 'proof') as Capability};
    }),
  )
  .refused(
    'a member too many',
    revocation((kit, grant) => ({by: owner(kit), capability: {...leafOf(grant), nbf: 1}})),
  )
  .refused(
    'the root',
    revocation((kit) => {
      const id = keystoreRoot(kit);
      const capability = {
        '@context': 'https://w3id.org/zcap/v1',
        id,
        controller: owner(kit).did,
        invocationTarget: kit.world.property.keystore,
      };
      return {by: owner(kit), capability: capability as unknown as Capability};
    }),
  )
  .refused("a capability of another keystore's", async (kit) => {
    const grant = await kit.world.freshGrant(kit.world.foreign, 1, kit.random);
    return {
      base: 'revoke',
      request: revoke(kit, {by: owner(kit), capability: leafOf(grant), invoke: keystoreRoot(kit)}),
    };
  })
  .refused(
    'empty id',
    revocation((kit, grant) => ({by: owner(kit), capability: {...leafOf(grant), id: ''}, segment: 'x'})),
  );
