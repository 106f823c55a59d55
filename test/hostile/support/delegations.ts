import {
  draftCapability,
  signCapability,
  type Capability,
  type CapabilityDraft,
  type DelegateOptions,
} from '../../support/delegate.ts';
import {rootCapabilityId} from '../../support/signed-request.ts';
import type {HostileScene} from './hostile-scene.ts';
import type {Refusal} from './refusal.ts';

/** What is done to a capability before it is signed. */
export type Change = (draft: CapabilityDraft, scene: HostileScene) => CapabilityDraft;

/** The owner's delegation to alice, to sign with one key. */
export function draft(s: HostileScene, options: Partial<DelegateOptions> = {}): CapabilityDraft {
  return draftCapability({
    parent: rootCapabilityId(s.keystore),
    delegator: s.owner,
    controller: s.alice,
    invocationTarget: s.keys.ed25519,
    allowedAction: ['sign'],
    ...options,
  });
}

/** Alice invokes what the owner delegated to her, changed before it was signed. */
export function delegated(change: Change = (same) => same) {
  return async (s: HostileScene) =>
    s.signing({signer: s.alice, capability: await signCapability(change(draft(s), s))});
}

/** Changed after it was signed. */
export function tampered(change: (capability: Capability, s: HostileScene) => object) {
  return async (s: HostileScene) =>
    s.signing({signer: s.alice, capability: change(await signCapability(draft(s)), s)});
}

/** Members of the document replaced; undefined takes one away. */
export function set(members: Readonly<Record<string, unknown>>): Change {
  return ({document, ...rest}) => ({...rest, document: {...document, ...members}});
}

export function setProof(members: Readonly<Record<string, unknown>>): Change {
  return ({proof, ...rest}) => ({...rest, proof: {...proof, ...members}});
}

/** What is done to a capability after it was signed, and why that is refused. */
export type TamperedRow = readonly [
  title: string,
  change: (capability: Capability, scene: HostileScene) => object,
  refusal: Refusal,
];
