type Document = Readonly<Record<string, unknown>>;

interface Respelled {
  readonly document: Document;
  /** By id, the documents that `document` holds other spellings of. */
  readonly originals: ReadonlyMap<string, Document>;
}

/**
 * Writes `allowedAction: 'sign'` as `['sign']` all along a chain, since `zcap` 9 takes the two for different sets
 * (R30). Proofs are verified over the originals. The document's shape must have been checked.
 */
export function spellActionsAlike(document: Document): Respelled {
  const originals = new Map<string, Document>();
  return {document: respell(document, originals), originals};
}

function respell(document: Document, originals: Map<string, Document>): Document {
  const {allowedAction} = document;
  const proof = document['proof'] as Document;
  const capabilityChain = proof['capabilityChain'] as readonly unknown[];
  const last = capabilityChain.at(-1);
  originals.set(String(document['id']), document);
  return {
    ...document,
    ...(typeof allowedAction === 'string' && {allowedAction: [allowedAction]}),
    proof: {
      ...proof,
      capabilityChain:
        typeof last === 'object'
          ? [...capabilityChain.slice(0, -1), respell(last as Document, originals)]
          : capabilityChain,
    },
  };
}
