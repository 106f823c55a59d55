import {NotAllowedError} from '../errors.ts';
import type {CapabilityChain, CapabilityLink} from './capability-chain.ts';

/** Whether `target` is `base` or lies within it (R31). */
export function isWithinTarget(target: string, base: string): boolean {
  if (target === base) return true;
  if (!target.startsWith(base)) return false;
  const next = target[base.length];
  return base.includes('?') ? next === '&' : next === '/' || next === '?';
}

/**
 * Checks what a chain's links ask of each other and neither time nor state can change: actions, targets and times only
 * shrink, each link is delegated by a controller of its parent, none lives longer than allowed (R29, R30, R31, R33–R35).
 * The first link's delegator is checked against the root's controllers elsewhere, since those change.
 * @throws NotAllowedError
 */
export function assertAttenuation(
  chain: CapabilityChain,
  {maxDelegationTtlMs}: {readonly maxDelegationTtlMs: number},
): void {
  let parent: CapabilityLink | undefined;
  for (const link of chain.links) {
    assertLifetime(link, maxDelegationTtlMs);
    if (parent) assertNarrower(link, parent);
    parent = link;
  }
}

/** Whether a controllers' list names the delegator, by its DID or by the very verification method. */
export function isDelegatedBy(link: CapabilityLink, controllers: readonly string[]): boolean {
  return controllers.includes(link.proof.delegator) || controllers.includes(link.proof.verificationMethod);
}

export function delegatorRefused(): NotAllowedError {
  return new NotAllowedError(
    'delegator',
    'The capability controller does not match the verification method (or its controller) used to delegate.',
  );
}

function assertLifetime({expires, proof}: CapabilityLink, maxDelegationTtlMs: number): void {
  if (proof.created > expires) throw refused('expiry', 'A capability was delegated after it expires.');
  if (expires - proof.created > maxDelegationTtlMs) {
    throw refused(
      'delegation-ttl',
      'A delegated capability in the delegation chain has a time to live that is too long.',
    );
  }
}

function assertNarrower(link: CapabilityLink, parent: CapabilityLink): void {
  if (!isDelegatedBy(link, parent.controllers)) throw delegatorRefused();
  const {allowedActions: parentActions} = parent;
  if (
    parentActions &&
    !(link.allowedActions && [...link.allowedActions].every((action) => parentActions.has(action)))
  ) {
    throw refused(
      'attenuation',
      'The "allowedAction" in a delegated capability must not be less restrictive than its parent.',
    );
  }
  if (!isWithinTarget(link.invocationTarget, parent.invocationTarget)) {
    throw refused(
      'attenuation',
      'The "invocationTarget" in a delegated capability must not be less restrictive than its parent.',
    );
  }
  if (link.expires > parent.expires) {
    throw refused(
      'attenuation',
      'The `expires` property in a delegated capability must not be less restrictive than its parent.',
    );
  }
  if (link.proof.created < parent.proof.created) {
    throw refused('attenuation', 'A capability in the delegation chain was delegated before its parent.');
  }
}

function refused(reason: string, message: string): NotAllowedError {
  return new NotAllowedError(reason, message);
}
