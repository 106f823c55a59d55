import {encode} from 'base58-universal';
import {readDelegationData} from '../../lib/zcap/canonical/delegation-data.ts';
import {draftCapability, type Capability, type CapabilityDraft} from '../../test/support/delegate.ts';
import {wireBytes} from '../../test/support/signed-request.ts';
import {at} from '../support/at.ts';
import {invoking} from './requests.ts';
import type {Scene} from './scene.ts';

/** Links that each request's chain has beyond the one that the party was given. */
const NEW_LINKS = 2;
const NO_PROOF_VALUE = `z${encode(Buffer.alloc(64, 1))}`;

/** What one party can make of one capability that it was given: chains that it delegates to itself, of new links each time. */
export async function makeFlood(scene: Scene, count: number): Promise<readonly Buffer[]> {
  const {capability: given, invoker, key} = at(await scene.grants(1), 0);
  return Array.from({length: count}, () => {
    let capability = given;
    for (let link = 0; link < NEW_LINKS; link++)
      capability = signed(draftCapability({parent: capability, delegator: invoker, controller: invoker}));
    return wireBytes(invoking({capability, invoker, key}));
  });
}

/** Thousands are wanted: signed over what the server's own code writes, which takes a hundredth of what the libraries take. */
function signed({document, proof, delegator}: CapabilityDraft): Capability {
  const data = readDelegationData({...document, proof: {...proof, proofValue: NO_PROOF_VALUE}})
    ?.at(-1)
    ?.verifyData();
  if (!data) throw new TypeError('The capability cannot be written.');
  const proofValue = `z${encode(delegator.sign(data))}`;
  return {...document, proof: {...proof, proofValue}} as unknown as Capability;
}
