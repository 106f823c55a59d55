import {hash} from 'node:crypto';
import {CanonicalDelegation} from './canonical-delegation.ts';
import {readDelegationTerms, type DelegationSignature} from './delegation-terms.ts';

/** One delegation's signature, and what it is over. */
export interface DelegationData extends DelegationSignature {
  /** @returns 64 bytes, SHA-256 of the proof options ‖ SHA-256 of the document; undefined where they are not exactly known. */
  verifyData(): Uint8Array | undefined;
}

/**
 * Reads what the proofs of a capability and of the parents it embeds sign (Ed25519Signature2020), from the one delegated
 * from the root to `document`. For documents of the shape that capabilities have it is the same as JSON-LD expansion and RDFC-1.0 give.
 * @returns undefined for anything that is not exactly known
 */
export function readDelegationData(
  document: Readonly<Record<string, unknown>>,
): readonly DelegationData[] | undefined {
  let parent: CanonicalDelegation | undefined;
  return readDelegationTerms(document)?.map((terms) => {
    const delegation = new CanonicalDelegation(terms, parent);
    parent = delegation;
    return {...terms.signature, verifyData: () => verifyData(delegation)};
  });
}

function verifyData(delegation: CanonicalDelegation): Uint8Array | undefined {
  const proofOptions = delegation.proofOptions();
  if (proofOptions === undefined) return undefined;
  return Buffer.concat([
    hash('sha256', proofOptions, 'buffer'),
    hash('sha256', delegation.document(), 'buffer'),
  ]);
}
