import {
  delegateChain,
  draftCapability,
  signCapability,
  type Capability,
  type CapabilityDraft,
} from '../../support/delegate.ts';
import type {Controller} from '../../support/did-key.ts';
import {rootCapabilityId} from '../../support/signed-request.ts';

/** A chain of delegations from a root to somebody who may invoke its last capability. */
export interface Grant {
  /** Id of the root capability. */
  readonly root: string;
  /** The root's controller, then whoever each link delegates to. One more than there are links. */
  readonly holders: readonly Controller[];
  readonly links: readonly Capability[];
}

/** Alters links before they are signed, by index; from the end where negative. */
export type LinkChanges = Readonly<Record<number, (draft: CapabilityDraft) => CapabilityDraft>>;

const DAY_MS = 86_400_000;

/**
 * Delegates along `holders`: the first link covers the whole root, all later ones only `target` and `actions` (where
 * there is one link, it does).
 */
export async function makeGrant({
  rootTarget,
  target,
  actions,
  holders,
}: {
  readonly rootTarget: string;
  readonly target: string;
  readonly actions: readonly string[];
  readonly holders: readonly Controller[];
}): Promise<Grant> {
  const root = rootCapabilityId(rootTarget);
  const links = await delegateChain({
    root,
    holders,
    created: new Date(Date.now() - DAY_MS),
    expires: new Date(Date.now() + 30 * DAY_MS),
    change: (draft, index) => {
      const isNarrow = index > 0 || holders.length === 2;
      const narrower = isNarrow ? {invocationTarget: target, allowedAction: actions} : {};
      return {...draft, document: {...draft.document, ...narrower}};
    },
  });
  return {root, holders, links};
}

/** The capability that a grant's last holder invokes. */
export function leafOf({links}: Grant): Capability {
  const leaf = links.at(-1);
  if (!leaf) throw new RangeError('A grant without links.');
  return leaf;
}

/** Makes the links of a grant again, some of them otherwise; those that follow embed what came out. */
export async function relink(grant: Grant, changes: LinkChanges): Promise<Grant> {
  const count = grant.links.length;
  const byIndex = new Map(
    Object.entries(changes).map(([key, change]) => [(Number(key) + count) % count, change]),
  );
  const first = Math.min(...byIndex.keys());
  const links = grant.links.slice(0, first);
  for (const [index, link] of grant.links.entries()) {
    if (index < first) continue;
    const draft = draftLink(grant, link, {index, parent: links.at(-1) ?? grant.root});
    links.push(await signCapability(byIndex.get(index)?.(draft) ?? draft));
  }
  return {...grant, links};
}

function draftLink(
  {holders}: Grant,
  {proof, ...link}: Capability,
  {index, parent}: {readonly index: number; readonly parent: string | Capability},
): CapabilityDraft {
  const {id, controller, invocationTarget, allowedAction = null, expires} = link;
  const delegator = holders[index]!;
  const {created} = proof;
  return draftCapability({
    parent,
    delegator,
    id,
    controller,
    invocationTarget,
    allowedAction,
    expires,
    created,
  });
}
