import {hash} from 'node:crypto';
import {isRecord} from '../shape.ts';
import {CanonicalDelegation} from './canonical-delegation.ts';
import {readDelegationTerms, type DelegationSignature, type DelegationTerms} from './delegation-terms.ts';

type Document = Readonly<Record<string, unknown>>;

/** One delegation's signature, and what it is over. */
export interface DelegationData extends DelegationSignature {
  readonly document: Document;
  readonly written: WrittenDelegation;
  /** @returns 64 bytes, SHA-256 of the proof options ‖ SHA-256 of the document; undefined where they are not exactly known. */
  verifyData(): Buffer | undefined;
}

/** A capability as it was read and written, which children's are made from. */
export interface WrittenDelegation {
  readonly terms: DelegationTerms;
  readonly delegation: CanonicalDelegation;
}

/**
 * Reads what the proofs of a capability and of the parents it embeds sign (Ed25519Signature2020), from the one delegated
 * from the root to `document`. For documents of the shape that capabilities have it is the same as JSON-LD expansion and RDFC-1.0 give.
 * @returns undefined for anything that is not exactly known
 */
export function readDelegationData(document: Document): readonly DelegationData[] | undefined {
  const links: DelegationData[] = [];
  for (const link of eachDelegationData(document)) {
    if (!link) return undefined;
    links.push(link);
  }
  return links;
}

/**
 * The same one by one: who forged the first has none of the others read. Ends with an undefined where a link is not exactly known.
 * @param parent `document`'s parent as it was written before: `document` alone is read
 */
export function* eachDelegationData(
  document: Document,
  parent?: WrittenDelegation,
): Generator<DelegationData | undefined, void> {
  for (const link of parent ? [document] : unfold(document)) {
    const terms = readDelegationTerms(link, parent?.terms);
    if (!terms) {
      yield undefined;
      return;
    }
    const delegation = new CanonicalDelegation(terms, parent?.delegation);
    parent = {terms, delegation};
    yield {...terms.signature, document: link, written: parent, verifyData: () => verifyData(delegation)};
  }
}

/** Every capability that is embedded as the last of a chain, and `document`, which embeds them. */
function unfold(document: Document): readonly Document[] {
  const links = [document];
  for (let parent = parentOf(document); parent; parent = parentOf(parent)) links.push(parent);
  return links.reverse();
}

/** @returns the delegated capability that one embeds; undefined where it was delegated from a root, or is nothing of the kind */
export function parentOf({proof}: Document): Document | undefined {
  const chain = isRecord(proof) ? proof['capabilityChain'] : undefined;
  const last: unknown = Array.isArray(chain) && chain.length > 1 ? chain.at(-1) : undefined;
  return isRecord(last) ? last : undefined;
}

/** As one text, since buffers are dear. */
function verifyData(delegation: CanonicalDelegation): Buffer | undefined {
  const proofOptions = delegation.proofOptions();
  if (proofOptions === undefined) return undefined;
  return Buffer.from(
    hash('sha256', proofOptions, 'binary') + hash('sha256', delegation.document(), 'binary'),
    'latin1',
  );
}
