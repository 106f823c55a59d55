const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const SECURITY = 'https://w3id.org/security#';

/** The predicates that capabilities and their proofs expand to, with the spaces that part them from subject and object. */
export const ALLOWED_ACTION = ` <${SECURITY}allowedAction> `;
export const CAPABILITY_CHAIN = ` <${SECURITY}capabilityChain> `;
export const CONTROLLER = ` <${SECURITY}controller> `;
export const CREATED = ' <http://purl.org/dc/terms/created> ';
export const EXPIRATION = ` <${SECURITY}expiration> `;
export const FIRST = ` <${RDF}first> `;
export const INVOCATION_TARGET = ` <${SECURITY}invocationTarget> `;
export const PARENT_CAPABILITY = ` <${SECURITY}parentCapability> `;
export const PROOF = ` <${SECURITY}proof> `;
export const PROOF_VALUE = ` <${SECURITY}proofValue> `;
export const REST = ` <${RDF}rest> `;
export const VERIFICATION_METHOD = ` <${SECURITY}verificationMethod> `;
/** Predicates with the only object that they have. */
export const IS_ED25519_SIGNATURE_2020 = ` <${RDF}type> <${SECURITY}Ed25519Signature2020>`;
export const FOR_CAPABILITY_DELEGATION = ` <${SECURITY}proofPurpose> <${SECURITY}capabilityDelegationMethod>`;

export const NIL = `<${RDF}nil>`;
export const DATE_TIME = '<http://www.w3.org/2001/XMLSchema#dateTime>';
export const MULTIBASE = `<${SECURITY}multibase>`;

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
