import type {DidDocument} from './did-document.ts';
import {RELATIONSHIPS, type VerificationMethodFacts} from './verification-method.ts';

/** First, and so a document needs no framing: jsonld-signatures then reads it as plain JSON. */
const DID_CONTEXT = 'https://www.w3.org/ns/did/v1';
const ED25519_2020_CONTEXT = 'https://w3id.org/security/suites/ed25519-2020/v1';

/** A verification method as JSON-LD, in the one form that every accepted type is told in. */
export function verificationMethodNode(facts: VerificationMethodFacts): Record<string, unknown> {
  return {'@context': ED25519_2020_CONTEXT, ...methodMembers(facts)};
}

/** A DID document as JSON-LD: the methods that are usable `now`, and the references to them and to other documents' methods. */
export function documentNode(document: DidDocument, now: number): Record<string, unknown> {
  const methods = document.usableMethods(now);
  const usable = new Set(methods.map(({id}) => id));
  const isOwn = (reference: string) => reference.startsWith(`${document.id}#`);
  const lists = RELATIONSHIPS.map((relationship) => {
    const references = [...document.references(relationship)];
    return [
      relationship,
      references.filter((reference) => !isOwn(reference) || usable.has(reference)),
    ] as const;
  });
  return {
    '@context': [DID_CONTEXT, ED25519_2020_CONTEXT],
    id: document.id,
    verificationMethod: methods.map((method) => methodMembers(method)),
    ...Object.fromEntries(lists),
  };
}

function methodMembers({
  id,
  controller,
  publicKeyMultibase,
}: VerificationMethodFacts): Record<string, string> {
  return {id, type: 'Ed25519VerificationKey2020', controller, publicKeyMultibase};
}
