/** The predicates and fixed objects that capabilities and their proofs expand to, as terms of N-Quads. */
export const ALLOWED_ACTION = '<https://w3id.org/security#allowedAction>';
export const CAPABILITY_CHAIN = '<https://w3id.org/security#capabilityChain>';
export const CAPABILITY_DELEGATION = '<https://w3id.org/security#capabilityDelegationMethod>';
export const CONTROLLER = '<https://w3id.org/security#controller>';
export const CREATED = '<http://purl.org/dc/terms/created>';
export const DATE_TIME = '<http://www.w3.org/2001/XMLSchema#dateTime>';
export const ED25519_SIGNATURE_2020 = '<https://w3id.org/security#Ed25519Signature2020>';
export const EXPIRATION = '<https://w3id.org/security#expiration>';
export const FIRST = '<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>';
export const INVOCATION_TARGET = '<https://w3id.org/security#invocationTarget>';
export const MULTIBASE = '<https://w3id.org/security#multibase>';
export const NIL = '<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>';
export const PARENT_CAPABILITY = '<https://w3id.org/security#parentCapability>';
export const PROOF = '<https://w3id.org/security#proof>';
export const PROOF_PURPOSE = '<https://w3id.org/security#proofPurpose>';
export const PROOF_VALUE = '<https://w3id.org/security#proofValue>';
export const REST = '<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>';
export const TYPE = '<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>';
export const VERIFICATION_METHOD = '<https://w3id.org/security#verificationMethod>';

/** Absolute, and of characters that stand for themselves: JSON-LD leaves such an IRI as it is, N-Quads escapes nothing. */
const PLAIN_IRI = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;
const ESCAPED = /[\u0000-\u001f\u007f"\\]/g;
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['"', '\\"'],
  ['\\', '\\\\'],
]);

/** @returns undefined for what is not a string, and for strings that are not surely the IRI that JSON-LD makes of them. */
export function iriTerm(value: unknown): string | undefined {
  return typeof value === 'string' && PLAIN_IRI.test(value) ? `<${value}>` : undefined;
}

/** @returns undefined for what is not a string, and for strings that have no UTF-8. */
export function literalTerm(value: unknown, datatype?: string): string | undefined {
  if (typeof value !== 'string' || !value.isWellFormed()) return undefined;
  const quoted = `"${value.replace(ESCAPED, escape)}"`;
  return datatype === undefined ? quoted : `${quoted}^^${datatype}`;
}

function escape(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return SHORT_ESCAPES.get(character) ?? `\\u${code}`;
}
