import {ZCAP_CONTEXT_URL} from '../root-capability.ts';
import {isRecord} from '../shape.ts';
import {
  ALLOWED_ACTION,
  CONTROLLER,
  CREATED,
  DATE_TIME,
  EXPIRATION,
  INVOCATION_TARGET,
  iriTerm,
  literalTerm,
  MULTIBASE,
  PARENT_CAPABILITY,
  PROOF_VALUE,
  VERIFICATION_METHOD,
} from './n-quads.ts';

type Document = Readonly<Record<string, unknown>>;

/** One delegated capability and its proof, as terms of N-Quads. */
export interface DelegationTerms {
  readonly id: string;
  /** Subject, predicate and object of each quad of the capability but `proof`: in canonical order, none twice. */
  readonly facts: readonly string[];
  /** Predicate and object. */
  readonly created: string;
  /** Predicate and object. */
  readonly verificationMethod: string;
  /** Predicate and object. */
  readonly proofValue: string;
  /** Ids: the root's, then every parent's. */
  readonly chain: readonly string[];
  /** As the document has it. */
  readonly signature: DelegationSignature;
}

export interface DelegationSignature {
  /** DID URL. */
  readonly verificationMethod: string;
  /** Multibase. */
  readonly proofValue: string;
}

const SUITE_CONTEXT_URL = 'https://w3id.org/security/suites/ed25519-2020/v1';
const MEMBERS: ReadonlySet<string> = new Set([
  '@context',
  'id',
  'controller',
  'parentCapability',
  'invocationTarget',
  'allowedAction',
  'expires',
  'proof',
]);
const PROOF_MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'created',
  'verificationMethod',
  'proofPurpose',
  'capabilityChain',
  'proofValue',
]);

/**
 * Reads a delegated capability and the parents it embeds, from the one delegated from the root to `document`.
 * @returns undefined where anything about it is not exactly known, be it sound or not: another verifier must say.
 */
export function readDelegationTerms(document: Document): readonly DelegationTerms[] | undefined {
  const links: DelegationTerms[] = [];
  let next: unknown = document;
  while (next !== undefined) {
    const link = readLink(next);
    const child = links[0];
    if (!link || (child && !isParent(link.terms, child))) return undefined;
    links.unshift(link.terms);
    next = link.parent;
  }
  return hasDistinctIds(links) ? links : undefined;
}

function readLink(
  document: unknown,
): {readonly terms: DelegationTerms; readonly parent: unknown} | undefined {
  if (!isRecord(document) || !hasOnly(document, MEMBERS) || !isKnownContext(document['@context']))
    return undefined;
  const {proof} = document;
  if (!isRecord(proof) || !hasOnly(proof, PROOF_MEMBERS)) return undefined;
  if (proof['type'] !== 'Ed25519Signature2020' || proof['proofPurpose'] !== 'capabilityDelegation')
    return undefined;
  const id = iriTerm(document['id']);
  const facts = id === undefined ? undefined : readFacts(id, document);
  const created = literalTerm(proof['created'], DATE_TIME);
  const verificationMethod = iriTerm(proof['verificationMethod']);
  const proofValue = literalTerm(proof['proofValue'], MULTIBASE);
  const list = readChain(proof['capabilityChain']);
  if (!id || !facts || !created || !verificationMethod || !proofValue || !list) return undefined;
  const {chain, parent} = list;
  const signature = {
    verificationMethod: String(proof['verificationMethod']),
    proofValue: String(proof['proofValue']),
  };
  const terms = {
    ...{id, facts, chain, signature},
    created: CREATED + created,
    verificationMethod: VERIFICATION_METHOD + verificationMethod,
    proofValue: PROOF_VALUE + proofValue,
  };
  return {terms, parent};
}

/** In the order of the predicates' code units. */
function readFacts(id: string, document: Document): readonly string[] | undefined {
  const {allowedAction, controller} = document;
  const actions = readSet(allowedAction === undefined ? [] : allowedAction, literalTerm);
  const controllers = readSet(controller, iriTerm);
  const expiration = literalTerm(document['expires'], DATE_TIME);
  const target = iriTerm(document['invocationTarget']);
  const parent = iriTerm(document['parentCapability']);
  if (!actions || !controllers || !expiration || !target || !parent) return undefined;
  return [
    ...actions.map((action) => id + ALLOWED_ACTION + action),
    ...controllers.map((did) => id + CONTROLLER + did),
    id + EXPIRATION + expiration,
    id + INVOCATION_TARGET + target,
    id + PARENT_CAPABILITY + parent,
  ];
}

/** One value, or an array of them: a set, in the order that the canonical form sorts lines by. */
function readSet(
  value: unknown,
  readTerm: (item: unknown) => string | undefined,
): readonly string[] | undefined {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const terms = new Set<string>();
  for (const item of items) {
    const term = readTerm(item);
    if (term === undefined) return undefined;
    terms.add(term);
  }
  // By UTF-16 code units, as the libraries sort.
  return [...terms].sort();
}

/** `[rootId]`, or `[rootId, id…, {parent}]`. */
function readChain(
  value: unknown,
): {readonly chain: readonly string[]; readonly parent: unknown} | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries: readonly unknown[] = value;
  const parent = entries.length > 1 ? entries.at(-1) : undefined;
  const chain: string[] = [];
  for (const entry of entries) {
    const id = iriTerm(entry === parent && isRecord(parent) ? parent['id'] : entry);
    if (id === undefined) return undefined;
    chain.push(id);
  }
  const isComplete = chain.length === 1 || (chain.length > 1 && isRecord(parent));
  return isComplete ? {chain, parent} : undefined;
}

/** Whether the child's chain is the parent's, and then the parent. */
function isParent(parent: DelegationTerms, child: DelegationTerms): boolean {
  const {chain} = parent;
  return (
    child.chain.length === chain.length + 1 &&
    child.chain.at(-1) === parent.id &&
    chain.every((id, index) => id === child.chain[index])
  );
}

/** Two with one id would be one node. */
function hasDistinctIds(links: readonly DelegationTerms[]): boolean {
  const ids = new Set([...(links.at(-1)?.chain ?? []), ...links.map(({id}) => id)]);
  return ids.size === links.length + 1;
}

function isKnownContext(context: unknown): boolean {
  return (
    Array.isArray(context) &&
    context.length === 2 &&
    context[0] === ZCAP_CONTEXT_URL &&
    context[1] === SUITE_CONTEXT_URL
  );
}

function hasOnly(value: Document, members: ReadonlySet<string>): boolean {
  return Object.keys(value).every((name) => members.has(name));
}
