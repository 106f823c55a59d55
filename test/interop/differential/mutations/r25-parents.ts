import {type Capability, type CapabilityDraft, chainTo} from '../../../support/delegate.ts';
import type {Base} from '../base.ts';
import {leafOf, makeGrant, relink} from '../grant.ts';
import {ON_KEY} from '../kinds.ts';
import {
  afterSigning,
  type Kit,
  leafMembers,
  type Make,
  Mutations,
  onBase,
  proofMembers,
  withMembers,
} from '../mutation.ts';

type Chain = readonly unknown[];

const several = {depths: [2, 3]};

/** Writes another chain into the invoked capability, and signs that. */
function chained(
  change: (chain: Chain, base: Base, kit: Kit) => unknown,
  depths: readonly number[] = [1, 2, 3],
): Make {
  return proofMembers(
    (base, kit, {proof}) => ({capabilityChain: change(proof['capabilityChain'] as Chain, base, kit)}),
    {depths},
  );
}

/** What is named as parent. */
export const R25 = new Mutations('R25')
  .stricter(
    'empty',
    'R25.empty-chain',
    chained(() => []),
  )
  .stricter(
    'empty, made by a stranger for itself',
    'R25.empty-chain',
    onBase(
      async (base, {world}) => {
        const {stranger} = world;
        const holders = [stranger, stranger];
        const grant = await makeGrant({
          rootTarget: decodeURIComponent(base.root.slice('urn:zcap:root:'.length)),
          target: base.url,
          actions: [base.action],
          holders,
        });
        const cut = (draft: CapabilityDraft): CapabilityDraft => ({
          ...draft,
          proof: {...draft.proof, capabilityChain: []},
        });
        return {...base, signer: stranger, grant: await relink(grant, {0: cut})};
      },
      {depths: [1]},
    ),
  )
  .refused(
    'no list',
    chained(([first]) => first, [1]),
  )
  .refused(
    'an object',
    chained(([first]) => ({0: first}), [1]),
  )
  .refused(
    'without the root',
    chained((chain) => chain.slice(1), [2, 3]),
  )
  .refused(
    'without the parent',
    chained((chain) => chain.slice(0, -1), [2, 3]),
  )
  .refused(
    'the parent by its id only',
    chained((chain) => [...chain.slice(0, -1), (chain.at(-1) as Capability).id], [2, 3]),
  )
  .refused(
    'the parent twice',
    chained((chain) => [...chain, chain.at(-1)], [2, 3]),
  )
  .refused(
    'the parent first',
    chained((chain) => chain.toReversed(), [2, 3]),
  )
  .refused(
    'the root twice',
    chained(([first, ...rest]) => [first, first, ...rest]),
  )
  .refused(
    "another keystore's root",
    chained(([, ...rest], _base, {world}) => [
      `urn:zcap:root:${encodeURIComponent(world.foreign.keystore)}`,
      ...rest,
    ]),
  )
  .refused(
    'the root as a document',
    chained(([first, ...rest], {signer}) => [
      {
        '@context': 'https://w3id.org/zcap/v1',
        id: first,
        controller: signer.did,
        invocationTarget: decodeURIComponent(String(first).slice('urn:zcap:root:'.length)),
      },
      ...rest,
    ]),
  )
  .refused(
    'an unknown id in the middle',
    chained(([first, ...rest], _base, {random}) => [first, `urn:uuid:${random.uuid()}`, ...rest]),
  )
  .refused(
    'a relative id in the middle',
    chained(([first, ...rest]) => [first, 'parent', ...rest]),
  )
  .refused(
    'a number in the middle',
    chained(([first, ...rest]) => [first, 1, ...rest]),
  )
  .refused(
    'null at the end',
    chained((chain) => [...chain, null]),
  )
  .refused(
    'another parentCapability',
    leafMembers((_base, {random}) => ({parentCapability: `urn:uuid:${random.uuid()}`})),
  )
  .refused(
    'the root as parentCapability of a later link',
    leafMembers(({root}) => ({parentCapability: root}), several),
  )
  .refused(
    'the grandparent embedded as well',
    chained((chain, {grant}) => [...chain.slice(0, -2), grant!.links[0], chain.at(-1)], [3]),
  )
  .refused(
    'the parent changed after signing',
    afterSigning((leaf, _base, {world}) => {
      const proof = leaf['proof'] as {capabilityChain: Chain};
      const parent = {...(proof.capabilityChain.at(-1) as Capability), controller: world.stranger.did};
      return {...leaf, proof: {...proof, capabilityChain: [...proof.capabilityChain.slice(0, -1), parent]}};
    }, several),
  )
  .refused(
    "another holder's parent",
    onBase(
      async (base, {world}) => {
        const other = await world.grant(undefined, 2);
        const substitute = (draft: CapabilityDraft): CapabilityDraft =>
          withMembers(
            {...draft, proof: {...draft.proof, capabilityChain: chainTo(leafOf(other))}},
            {parentCapability: leafOf(other).id},
          );
        return {...base, grant: await relink(base.grant!, {[-1]: substitute})};
      },
      {kinds: ON_KEY, depths: [1]},
    ),
  );
