import type {Capability, CapabilityDraft} from '../../../support/delegate.ts';
import {leafMembers, Mutations, onLinks, proofMembers, withMembers} from '../mutation.ts';

type Chain = readonly unknown[];

const several = {depths: [2, 3]};

/** Loops. */
export const R28 = new Mutations('R28')
  .refused(
    'its own parent',
    leafMembers((_base, _kit, {document}) => ({parentCapability: document['id']})),
  )
  .refused(
    'itself in its chain',
    proofMembers((_base, _kit, {document, proof}) => {
      const [root, ...rest] = proof['capabilityChain'] as Chain;
      return {capabilityChain: [root, document['id'], ...rest]};
    }),
  )
  .refused(
    "its parent's id",
    leafMembers((_base, _kit, {document}) => ({id: document['parentCapability']}), several),
  )
  .refused(
    "its grandparent's id",
    leafMembers(({grant}) => ({id: grant!.links[0]!.id}), {depths: [3]}),
  )
  .refused(
    "the root's id",
    leafMembers(({root}) => ({id: root})),
  )
  .refused(
    'all links of one id',
    onLinks(({grant}) => {
      const {id} = grant!.links[0]!;
      return Object.fromEntries(
        grant!.links.map((_link, index) => [index, (draft: CapabilityDraft) => withMembers(draft, {id})]),
      );
    }, several),
  )
  .refused(
    'the parent embedded in itself',
    proofMembers((_base, _kit, {document, proof}) => {
      const chain = proof['capabilityChain'] as Chain;
      const parent = {...(chain.at(-1) as Capability), id: document['id']};
      return {capabilityChain: [...chain.slice(0, -1), parent]};
    }, several),
  );
