import {expect} from 'chai';
import {delegate, delegateChain, draftCapability, signCapability} from './delegate.ts';
import {controller} from './did-key.ts';
import {rootCapabilityId} from './signed-request.ts';

const ROOT = rootCapabilityId('https://localhost:9443/kms/keystores/z1AAAAAAAAAAAAAAAAAAAAAAA');
const [owner, alice, bob] = [controller('owner'), controller('alice'), controller('bob')];

describe('delegate', () => {
  it('signs the same with the official library and from a draft', async () => {
    const first = {
      parent: ROOT,
      delegator: owner,
      controller: alice,
      allowedAction: ['sign'],
      id: 'urn:uuid:1',
    };
    const parent = await delegate(first);
    expect(
      await signCapability(
        draftCapability({...first, expires: parent.expires, created: parent.proof.created}),
      ),
    ).to.deep.equal(parent);
    const second = {parent, delegator: alice, controller: bob, id: 'urn:uuid:2'};
    expect(await signCapability(draftCapability(second))).to.deep.equal(await delegate(second));
  });

  it('makes chains, and lets one link be another', async () => {
    const links = await delegateChain({
      root: ROOT,
      holders: [owner, alice, bob, owner],
      change: (draft, index) =>
        index === 1 ? {...draft, document: {...draft.document, allowedAction: ''}} : draft,
    });
    expect(links.map(({allowedAction}) => allowedAction)).to.deep.equal([undefined, '', '']);
    expect(links[2]!.proof.capabilityChain).to.deep.equal([ROOT, links[0]!.id, links[1]]);
    expect(links[2]!.controller).to.equal(owner.did);
  });

  it('signs documents with members that no context defines', async () => {
    const draft = draftCapability({parent: ROOT, delegator: owner, controller: alice});
    const signed = await signCapability({...draft, document: {...draft.document, surprise: true}});
    expect(signed).to.include({surprise: true});
    expect(signed.proof).to.have.property('proofValue');
  });
});
