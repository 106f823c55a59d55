import {encode} from 'base58-universal';
import type {CapabilityDraft} from '../../../support/delegate.ts';
import {relink} from '../grant.ts';
import {afterSigning, date, Mutations, onBase, onLinks, proofMembers} from '../mutation.ts';

const several = {depths: [2, 3]};

function delegatedBy(draft: CapabilityDraft, delegator: CapabilityDraft['delegator']): CapabilityDraft {
  return {...draft, delegator, proof: {...draft.proof, verificationMethod: delegator.keyId}};
}

/** Who delegates. */
export const R29 = new Mutations('R29')
  .refused(
    'a stranger',
    onLinks((_base, {world}) => ({[-1]: (draft) => delegatedBy(draft, world.stranger)})),
  )
  .refused(
    "a stranger in the delegator's name",
    onLinks((_base, {world}) => ({[-1]: (draft) => ({...draft, delegator: world.stranger})})),
  )
  .refused(
    'the holder itself',
    onLinks(({signer}) => ({[-1]: (draft) => delegatedBy(draft, signer)})),
  )
  .refused(
    'the grandparent’s controller',
    onLinks(({grant}) => ({[-1]: (draft) => delegatedBy(draft, grant!.holders.at(-3)!)}), several),
  )
  .refused(
    'a stranger in the middle',
    onLinks((_base, {world}) => ({[-2]: (draft) => delegatedBy(draft, world.stranger)}), several),
  )
  .refused(
    'a stranger at the beginning',
    onLinks((_base, {world}) => ({0: (draft) => delegatedBy(draft, world.stranger)})),
  )
  .refused(
    "another keystore's owner",
    onLinks((_base, {world}) => ({0: (draft) => delegatedBy(draft, world.foreign.owner)})),
  )
  .refused(
    'the delegator with a fragment of nobody',
    proofMembers((_base, _kit, {delegator}) => ({verificationMethod: `${delegator.did}#key-1`})),
  )
  .refused(
    'the delegator without fragment',
    proofMembers((_base, _kit, {delegator}) => ({verificationMethod: delegator.did})),
  )
  .refused(
    "the delegator's DID, the holder's key",
    proofMembers(({signer}, _kit, {delegator}) => ({
      verificationMethod: `${delegator.did}#${signer.publicKeyMultibase}`,
    })),
  )
  .refused(
    'a did:web',
    proofMembers(() => ({verificationMethod: 'did:web:example.com#key-1'})),
  )
  .refused(
    'an https URL',
    proofMembers(() => ({verificationMethod: 'https://example.com/key-1'})),
  )
  .refused(
    'a signature of nothing',
    afterSigning((leaf) => ({
      ...leaf,
      proof: {...(leaf['proof'] as object), proofValue: `z${encode(Buffer.alloc(64, 7))}`},
    })),
  )
  .refused(
    "the parent's signature",
    afterSigning(
      (leaf, {grant}) => ({
        ...leaf,
        proof: {...(leaf['proof'] as object), proofValue: grant!.links.at(-2)!.proof['proofValue']},
      }),
      several,
    ),
  )
  .refused(
    'the controller in the middle changed after signing',
    onBase(async (base, {world}) => {
      const grant = base.grant!;
      const links = grant.links.map((link, index) =>
        index === grant.links.length - 2 ? {...link, controller: world.stranger.did} : link,
      );
      return {
        ...base,
        grant: await relink({...grant, links}, {[-1]: (draft) => delegatedBy(draft, world.stranger)}),
      };
    }, several),
  )
  .accepted(
    'an older delegation',
    onLinks(() => ({[-1]: (draft) => ({...draft, proof: {...draft.proof, created: date(-1000)}})})),
  );
