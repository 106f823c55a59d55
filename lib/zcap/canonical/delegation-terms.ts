import {ZCAP_CONTEXT_URL} from '../root-capability.ts';
import {isRecord} from '../shape.ts';
import {ChainEntry, rootEntry} from './chain-entry.ts';
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
  /** The root, then every parent. */
  readonly chain: readonly ChainEntry[];
  /** Itself in the chains of those that are delegated on. */
  readonly entry: ChainEntry;
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
 * Reads a delegated capability. @param parent the one that it embeds; undefined where it embeds none
 * @returns undefined where anything about it is not exactly known, be it sound or not: another verifier must say.
 */
export function readDelegationTerms(
  document: Document,
  parent: DelegationTerms | undefined,
): DelegationTerms | undefined {
  if (!hasOnly(document, MEMBERS) || !isKnownContext(document['@context'])) return undefined;
  const {id: name, proof} = document;
  if (!isRecord(proof) || !hasOnly(proof, PROOF_MEMBERS)) return undefined;
  if (proof['type'] !== 'Ed25519Signature2020' || proof['proofPurpose'] !== 'capabilityDelegation')
    return undefined;
  const chain = readChain(proof['capabilityChain'], parent);
  const id = iriTerm(name);
  // Two with one id would be one node.
  if (!chain || id === undefined || chain.some(({term}) => term === id)) return undefined;
  const facts = readFacts(id, document);
  const created = literalTerm(proof['created'], DATE_TIME);
  const verificationMethod = iriTerm(proof['verificationMethod']);
  const proofValue = literalTerm(proof['proofValue'], MULTIBASE);
  if (!facts || !created || !verificationMethod || !proofValue) return undefined;
  return {
    ...{id, facts, chain, entry: new ChainEntry(String(name), id, {isFirst: false})},
    created: CREATED + created,
    verificationMethod: VERIFICATION_METHOD + verificationMethod,
    proofValue: PROOF_VALUE + proofValue,
    signature: {
      verificationMethod: String(proof['verificationMethod']),
      proofValue: String(proof['proofValue']),
    },
  };
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

/** `[rootId]`, or `[rootId, id…, {parent}]`: the parent's, and then the parent. */
function readChain(value: unknown, parent: DelegationTerms | undefined): readonly ChainEntry[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries: readonly unknown[] = value;
  if (parent) {
    const isParents =
      entries.length === parent.chain.length + 1 && parent.chain.every(({id}, i) => id === entries[i]);
    return isParents ? [...parent.chain, parent.entry] : undefined;
  }
  const [root] = entries;
  const term = iriTerm(root);
  if (entries.length !== 1 || term === undefined) return undefined;
  return [rootEntry(String(root), term)];
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
