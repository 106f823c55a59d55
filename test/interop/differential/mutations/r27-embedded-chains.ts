import {type Capability, type CapabilityDraft, delegateChain} from '../../../support/delegate.ts';
import type {Base} from '../base.ts';
import {type Grant, relink} from '../grant.ts';
import {ON_KEY} from '../kinds.ts';
import {DAY_MS, type Kit, type Make, Mutations, onBase} from '../mutation.ts';

type Chain = readonly unknown[];

/** A chain of links that all allow the same, so that their order does not matter. */
async function uniform({url, action, root, signer}: Base, {world}: Kit, count: number): Promise<Grant> {
  const {owner} = world.property;
  // The owner delegates to itself, and at last to the signer.
  const holders = [...Array.from({length: count}, () => owner), signer];
  const dates = {created: new Date(Date.now() - DAY_MS), expires: new Date(Date.now() + DAY_MS)};
  return {
    root,
    holders,
    links: await delegateChain({root, holders, invocationTarget: url, allowedAction: [action], ...dates}),
  };
}

/** Writes another chain into one link of a uniform chain of five. */
function embedded(index: number, change: (chain: Chain, links: readonly Capability[]) => Chain): Make {
  return onBase(
    async (base, kit) => {
      const grant = await uniform(base, kit, 5);
      const rewrite = (draft: CapabilityDraft): CapabilityDraft => {
        const capabilityChain = change(draft.proof['capabilityChain'] as Chain, grant.links);
        return {...draft, proof: {...draft.proof, capabilityChain}};
      };
      return {...base, grant: await relink(grant, {[index]: rewrite})};
    },
    {kinds: ON_KEY, depths: [1]},
  );
}

/** What embedded parents name. */
export const R27 = new Mutations('R27')
  .accepted(
    'all in order',
    onBase(async (base, kit) => ({...base, grant: await uniform(base, kit, 4)}), {
      kinds: ON_KEY,
      depths: [1],
    }),
  )
  .stricter(
    "a parent's chain in another order",
    'R27.order',
    embedded(3, ([root, a, b, last]) => [root, b, a, last]),
  )
  .stricter(
    'the last chain in another order',
    'R27.order',
    embedded(4, ([root, a, b, c, last]) => [root, c, b, a, last]),
  )
  .stricter(
    'the last chain in another order, two swapped',
    'R27.order',
    embedded(4, ([root, a, b, c, last]) => [root, b, a, c, last]),
  )
  .refused(
    "a parent's chain with an id twice",
    embedded(3, ([root, a, , last]) => [root, a, a, last]),
  )
  .refused(
    "a parent's chain with the root twice",
    embedded(3, ([root, , b, last]) => [root, root, b, last]),
  )
  .refused(
    "a parent's chain with an id of another",
    embedded(3, ([root, a, , last]) => [root, a, 'urn:uuid:0', last]),
  )
  .refused(
    "a parent's chain shorter",
    embedded(3, ([root, , b, last]) => [root, b, last]),
  )
  .refused(
    "a parent's chain longer",
    embedded(3, ([root, a, b, last]) => [root, a, b, 'urn:uuid:0', last]),
  )
  .refused(
    "a parent's chain with a later one",
    embedded(2, ([root, , last], links) => [root, links[4]!.id, last]),
  )
  .refused(
    "a parent's chain from another root",
    embedded(3, ([, ...rest]) => ['urn:zcap:root:https%3A%2F%2Fevil.example', ...rest]),
  );
