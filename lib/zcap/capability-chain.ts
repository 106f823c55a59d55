import {NotAllowedError} from '../errors.ts';
import {parseCapability, type DelegatedCapability} from './capability.ts';
import type {DelegationProof} from './delegation-proof.ts';
import type {StateQuery} from './invocation.ts';
import {MAX_CHAIN_LENGTH} from './limits.ts';
import {isRootCapabilityId} from './root-capability.ts';

/** A delegated capability as part of a chain, without the documents it embeds. */
export interface CapabilityLink extends Omit<DelegatedCapability, 'proof'> {
  readonly proof: DelegationProof;
}

/** A chain of delegated capabilities, its structure checked; proofs are not verified yet. */
export interface CapabilityChain {
  /** Id of the root capability that it begins at; the root itself is the server's. */
  readonly rootId: string;
  /** From the one delegated from the root to the invoked one; at least one. */
  readonly links: readonly CapabilityLink[];
  /** The last of `links`. */
  readonly tail: CapabilityLink;
  /** Links and the root. */
  readonly length: number;
  /** What revocations name the links by; one list for as long as the chain is kept. */
  readonly revocations: StateQuery['revocations'];
}

/**
 * Unfolds a delegated capability into its chain: every parent but the root is embedded in its child's proof, and the
 * chain that each names must be the beginning of its child's (R24–R28).
 * @throws NotAllowedError
 */
export function parseCapabilityChain(document: unknown): CapabilityChain {
  const tail = parseCapability(document);
  const ids = readChain(tail);
  if (ids.length + 1 > MAX_CHAIN_LENGTH) {
    throw refused(`The capability chain exceeds the maximum allowed length of ${MAX_CHAIN_LENGTH}.`);
  }
  const tailLink = asLink(tail);
  const links = [tailLink];
  for (let child = tail, depth = ids.length - 1; depth > 0; depth--) {
    const parent = parseCapability(child.proof.capabilityChain[depth]);
    const parentIds = readChain(parent);
    const isPrefix = parentIds.length === depth && parentIds.every((id, index) => id === ids[index]);
    if (!isPrefix) throw refused('The capability chain is inconsistent.');
    links.unshift(asLink(parent));
    child = parent;
  }
  const [rootId = ''] = ids;
  if (!isRootCapabilityId(rootId)) throw refused('The capability chain does not begin at a root capability.');
  assertDistinct([...ids, tail.id]);
  const revocations = links.map(({id, proof}) => ({delegator: proof.delegator, capabilityId: id}));
  return {rootId, links, tail: tailLink, length: links.length + 1, revocations};
}

/** Chains are kept: the embedded documents are not. */
function asLink(capability: DelegatedCapability): CapabilityLink {
  const {id, controllers, parentCapability, invocationTarget, allowedActions, expires, proof} = capability;
  const {created, verificationMethod, delegator} = proof;
  return {
    ...{id, controllers, parentCapability, invocationTarget, allowedActions, expires},
    proof: {created, verificationMethod, delegator},
  };
}

/** The ids that a capability's proof names: `[rootId]`, or `[rootId, id…, {parent}]` (R25). */
function readChain({proof, parentCapability}: DelegatedCapability): readonly string[] {
  const lastIndex = proof.capabilityChain.length - 1;
  const ids = proof.capabilityChain.map((entry, index) => {
    const isEmbedded = index === lastIndex && index > 0;
    const id: unknown = isEmbedded ? (entry as {readonly id?: unknown} | null)?.id : entry;
    if (typeof id !== 'string' || (isEmbedded && typeof entry !== 'object')) {
      throw refused(
        'The capability chain must consist of ids, but for its last entry: the parent itself, where that is delegated.',
      );
    }
    return id;
  });
  if (ids.length === 0 || ids[lastIndex] !== parentCapability) {
    throw refused('The last entry of the capability chain does not match the parent capability.');
  }
  return ids;
}

function assertDistinct(ids: readonly string[]): void {
  if (new Set(ids).size !== ids.length) throw refused('The capability chain contains a cycle.');
}

function refused(message: string): NotAllowedError {
  return new NotAllowedError('chain-structure', message);
}
