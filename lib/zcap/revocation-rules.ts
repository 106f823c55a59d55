import {MalformedRequestError, NotAllowedError} from '../errors.ts';
import {assertAttenuation, delegatorRefused, isDelegatedBy, isWithinTarget} from './attenuation.ts';
import {parseCapabilityChain, type CapabilityChain} from './capability-chain.ts';
import type {ExpectedRoot, RevocableCapability} from './invocation.ts';
import type {VerificationMethod} from './did/verification-method.ts';
import {CLOCK_SKEW_SECONDS} from './limits.ts';
import {isRootCapabilityId, rootCapabilityId} from './root-capability.ts';

/** Reads the chain of a capability that somebody wants revoked, as far as its own bytes tell (R39, R43). */
export function readRevocableChain(
  capability: Readonly<Record<string, unknown>>,
  {revocationId, maxDelegationTtlMs}: {readonly revocationId: string; readonly maxDelegationTtlMs: number},
): CapabilityChain {
  if (capability['id'] !== revocationId) {
    throw new MalformedRequestError('The id of the capability is not the one in the URL.');
  }
  if (isRootCapabilityId(revocationId)) {
    throw new MalformedRequestError('A root capability cannot be revoked.');
  }
  const chain = parseCapabilityChain(capability);
  assertAttenuation(chain, {maxDelegationTtlMs});
  return chain;
}

/** Checks that the capability is one that could be invoked in the keystore (R43). @param now Unix seconds. */
export function assertRevocable(
  {rootId, links, tail}: CapabilityChain,
  {root, now}: {readonly root: ExpectedRoot; readonly now: number},
): void {
  const [first = tail] = links;
  if (rootId !== rootCapabilityId(root.invocationTarget)) {
    throw new NotAllowedError('root', 'Actual root capability does not match expected root capability.');
  }
  if (!isWithinTarget(first.invocationTarget, root.invocationTarget)) {
    throw new NotAllowedError('target', 'The capability could never be invoked here.');
  }
  if (!isDelegatedBy(first, root.controllers)) throw delegatorRefused();
  if (links.some(({expires}) => now * 1000 - expires >= CLOCK_SKEW_SECONDS * 1000)) {
    throw new MalformedRequestError('The capability has expired.');
  }
}

/** The roots by which a revocation may be authorised (R40): its own URL's, which all controllers in the chain control, or the keystore's. */
export function revocationRoots(
  url: string,
  chain: CapabilityChain,
  keystoreRoot: ExpectedRoot,
): readonly ExpectedRoot[] {
  const controllers = [...keystoreRoot.controllers, ...chain.links.flatMap((link) => link.controllers)];
  return [{invocationTarget: url, controllers, delegable: false}, keystoreRoot];
}

/**
 * What is stored of it. Who asks in the keystore's controllers' own name is charged nothing (R47); who asks by authority
 * that they delegated is charged as the one they delegated it to.
 */
export function describeRevocable(
  {tail}: CapabilityChain,
  {
    root,
    invoker,
    authority,
  }: {readonly root: ExpectedRoot; readonly invoker: VerificationMethod; readonly authority: CapabilityChain},
): RevocableCapability {
  const isOwner = root.controllers.includes(invoker.controller) || root.controllers.includes(invoker.id);
  const firstDelegate = authority.links[1]?.proof.delegator ?? invoker.controller;
  return {
    id: tail.id,
    delegator: tail.proof.delegator,
    expiresAt: tail.expires,
    chargedTo: isOwner ? undefined : firstDelegate,
  };
}
