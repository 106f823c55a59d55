import type {Controller} from '../../../support/did-key.ts';
import {leafOf} from '../grant.ts';
import {type Kit, Mutations} from '../mutation.ts';
import {after, revoke} from './revocations.ts';

const owner = ({world}: Kit): Controller => world.property.owner;

/** Once. */
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
    'a descendant of what is revoked, by a revoked party',
    after(0, 2, (kit, grant) => revoke(kit, {by: grant.holders[2]!, capability: leafOf(grant)})),
  );
