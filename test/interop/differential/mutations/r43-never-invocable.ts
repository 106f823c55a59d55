import {controller, type Controller} from '../../../support/did-key.ts';
import {leafOf, relink} from '../grant.ts';
import {date, DAY_MS, type Kit, type Make, Mutations, withMembers} from '../mutation.ts';
import {revocation} from './revocations.ts';

const owner = ({world}: Kit): Controller => world.property.owner;

/** A revocation of a capability that could never be invoked. */
function never(change: Parameters<typeof relink>[1][number]): Make {
  return revocation(async (kit, grant) => ({
    by: owner(kit),
    capability: leafOf(await relink(grant, {[-1]: change})),
  }));
}

/** What could never be invoked is not stored. */
export const R43 = new Mutations('R43')
  .stricter(
    'expired',
    'R43.never-invocable',
    never((draft) =>
      withMembers({...draft, proof: {...draft.proof, created: date(-2 * DAY_MS)}}, {expires: date(-DAY_MS)}),
    ),
  )
  .stricter(
    'good for too long',
    'R43.never-invocable',
    never((draft) => withMembers(draft, {expires: date(365 * DAY_MS)})),
  )
  .accepted(
    'delegated in the future, which can be invoked then',
    never((draft) => ({...draft, proof: {...draft.proof, created: date(DAY_MS)}})),
  )
  .stricter(
    'with a caveat',
    'R43.never-invocable',
    never((draft) => withMembers(draft, {caveat: 'urn:example:never'})),
  )
  .stricter(
    'with a controller that is no DID',
    'R43.never-invocable',
    never((draft) => withMembers(draft, {controller: 'https://example.com/alice'})),
  )
  .refused(
    'by a stranger delegated',
    never((draft) => {
      const delegator = controller('stranger');
      return {...draft, delegator, proof: {...draft.proof, verificationMethod: delegator.keyId}};
    }),
  )
  .refused(
    'with a target elsewhere',
    never((draft) => withMembers(draft, {invocationTarget: 'https://evil.example/'})),
  )
  .refused(
    'with an empty chain',
    never((draft) => ({...draft, proof: {...draft.proof, capabilityChain: []}})),
  );
