import {CONTEXT, type Generated} from './generated-delegations.ts';

/** The capability with that of a link changed: 0 is the last one, 1 its parent. */
export function changeAt(
  capability: Generated,
  depth: number,
  change: (link: Generated) => Generated,
): Generated {
  if (depth === 0) return change(capability);
  const {capabilityChain} = capability.proof;
  const parent = changeAt(capability.proof.capabilityChain.at(-1) as Generated, depth - 1, change);
  return {
    ...capability,
    proof: {...capability.proof, capabilityChain: [...capabilityChain.slice(0, -1), parent]},
  };
}

type Change = (capability: Generated, depth: number) => Generated | undefined;

const members =
  (change: (link: Generated) => Readonly<Record<string, unknown>>): Change =>
  (capability, depth) =>
    changeAt(capability, depth, (link) => ({...link, ...change(link)}));
const proofMembers =
  (change: (proof: Generated['proof']) => Readonly<Record<string, unknown>>): Change =>
  (capability, depth) =>
    changeAt(capability, depth, (link) => ({...link, proof: {...link.proof, ...change(link.proof)}}));
const among = (value: unknown, other: string): unknown[] => [...[value ?? []].flat(), other];

/** One member of one link made another; undefined where there is nothing to change. */
export const CHANGES: Readonly<Record<string, Change>> = {
  'the last id': (capability) => ({...capability, id: `${capability.id}x`}),
  'an id within the chain': (capability, depth) => {
    const {id} = linkAt(capability, depth);
    return depth === 0 || CONTEXT.includes(id) ? undefined : rename(capability, id, `${id}x`);
  },
  'the id of the root': (capability) => {
    const root = String(capability.proof.capabilityChain[0]);
    return capability.proof.capabilityChain.length === 1 ? rename(capability, root, `${root}x`) : undefined;
  },
  'who controls it': members(({controller}) => ({controller: among(controller, 'did:example:another')})),
  'what it allows': members(({allowedAction}) => ({allowedAction: among(allowedAction, 'another action')})),
  'its target': members(({invocationTarget}) => ({invocationTarget: `${String(invocationTarget)}x`})),
  'its expiry': members(() => ({expires: '2031-01-01T00:00:00Z'})),
  'its parent’s name': members(({parentCapability}) => ({parentCapability: `${String(parentCapability)}x`})),
  'when it was delegated': proofMembers(() => ({created: '2031-01-01T00:00:00Z'})),
  'whose key delegated it': proofMembers(({verificationMethod}) => ({
    verificationMethod: `${String(verificationMethod)}x`,
  })),
  'a parent’s signature': (capability, depth) =>
    depth === 0
      ? undefined
      : proofMembers(({proofValue}) => ({proofValue: `${String(proofValue)}1`}))(capability, depth),
};

const setOf = (value: unknown): unknown[] => [value].flat();

/** The same set, written otherwise. */
export const SAME: Readonly<Record<string, (link: Generated) => Generated>> = {
  'controllers in another order': (link) => ({...link, controller: setOf(link['controller']).toReversed()}),
  'controllers named twice': (link) => ({
    ...link,
    controller: [...setOf(link['controller']), ...setOf(link['controller'])],
  }),
  'actions in another order': (link) =>
    link['allowedAction'] === undefined
      ? link
      : {...link, allowedAction: setOf(link['allowedAction']).toReversed()},
  'members in another order': (link) => ({
    ...(Object.fromEntries(Object.entries(link).toReversed()) as Generated),
  }),
};

function linkAt(capability: Generated, depth: number): Generated {
  return depth === 0 ? capability : linkAt(capability.proof.capabilityChain.at(-1) as Generated, depth - 1);
}

/** Everywhere in the chain. */
function rename(capability: Generated, from: string, to: string): Generated {
  const text = JSON.stringify(capability, (_key, value: unknown) => (value === from ? to : value));
  return JSON.parse(text) as Generated;
}
