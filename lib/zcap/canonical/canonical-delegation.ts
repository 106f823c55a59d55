import {hashText, issueLabels, type BlankNode, type RelatedNode} from './blank-nodes.ts';
import type {DelegationTerms} from './delegation-terms.ts';
import {
  CAPABILITY_CHAIN,
  CAPABILITY_DELEGATION,
  CREATED,
  ED25519_SIGNATURE_2020,
  FIRST,
  NIL,
  PROOF,
  PROOF_PURPOSE,
  PROOF_VALUE,
  REST,
  TYPE,
  VERIFICATION_METHOD,
} from './n-quads.ts';

/** What ends the line of a quad in the default graph, and in one whose node is hashed or is another. */
const IN_DEFAULT = ' .\n';
const IN_SELF = ' _:a .\n';
const IN_OTHER = ' _:z .\n';

interface Labels {
  readonly proof: string;
  /** One for each entry of the chain. */
  readonly list: readonly string[];
}

/** A graph that holds one proof: its nodes, and how its quads' lines end. */
interface ProofGraph {
  readonly link: CanonicalDelegation;
  readonly proof: BlankNode;
  readonly list: readonly BlankNode[];
  /** The node that names it; undefined for the default graph, which holds the proof that is canonised. */
  readonly name: BlankNode | undefined;
}

interface NamedHashes {
  readonly proof: string;
  readonly list: readonly string[];
}

/**
 * A delegated capability of a chain, in the canonical N-Quads (RDFC-1.0) of what JSON-LD expands it to. As a parent it is
 * embedded in the proof of its child: its quads in the graph that the child's proof is in, its own proof in a graph of its own.
 * Hashes that do not depend on the child are made once.
 */
export class CanonicalDelegation {
  readonly #terms: DelegationTerms;
  readonly #parent: CanonicalDelegation | undefined;
  #named: NamedHashes | undefined;
  #innerName: string | undefined;

  constructor(terms: DelegationTerms, parent: CanonicalDelegation | undefined) {
    this.#terms = terms;
    this.#parent = parent;
  }

  /** The capability without its proof. */
  document(): string {
    return this.#terms.facts.map((fact) => fact + IN_DEFAULT).join('');
  }

  /** The proof without its `proofValue`: with all parents, and their proofs. @returns undefined where labels are not certain */
  proofOptions(): string | undefined {
    const outermost = this.#outermostGraph();
    const graphs = [outermost];
    const nodes = [outermost.proof, ...outermost.list];
    for (let link = this.#parent; link; link = link.#parent) {
      const graph = link.#namedGraph(link === this.#parent);
      graphs.push(graph);
      nodes.push(graph.name, graph.proof, ...graph.list);
    }
    return issueLabels(nodes) ? write(graphs) : undefined;
  }

  #outermostGraph(): ProofGraph {
    const proof = node(hashText(proofLines(this.#terms, '_:a', '_:z', IN_DEFAULT).join('')));
    return {link: this, proof, list: this.#listHashes(IN_DEFAULT).map((hash) => node(hash)), name: undefined};
  }

  /** @param isOuter whether the capability itself is in the default graph. */
  #namedGraph(isOuter: boolean): ProofGraph & {readonly name: BlankNode} {
    this.#named ??= {
      proof: hashText(this.#embeddedProofLines('_:a', '_:z', IN_OTHER).join('')),
      list: this.#listHashes(IN_OTHER),
    };
    const name = node(isOuter ? this.#nameHash(IN_DEFAULT) : (this.#innerName ??= this.#nameHash(IN_OTHER)));
    const proof = node(this.#named.proof);
    const related: RelatedNode[][] = this.#named.list.map(() => []);
    const list = this.#named.list.map((hash, i) => node(hash, related[i]));
    for (const [i, neighbours] of related.entries()) {
      const [before = proof, after] = [list[i - 1], list[i + 1]];
      const predicate = i === 0 ? CAPABILITY_CHAIN : REST;
      neighbours.push({node: before, position: `s${predicate}`, quads: 1});
      if (after) neighbours.push({node: after, position: `o${REST}`, quads: 1});
      neighbours.push({node: name, position: 'g', quads: 3});
    }
    return {link: this, proof, list, name};
  }

  #listHashes(end: string): readonly string[] {
    const {chain} = this.#terms;
    return chain.map((item, i) => {
      const rest = i === chain.length - 1 ? NIL : '_:z';
      const link = i === 0 ? CAPABILITY_CHAIN : REST;
      return hashText(`_:a ${FIRST} ${item}${end}_:a ${REST} ${rest}${end}_:z ${link} _:a${end}`);
    });
  }

  /** @param end where the capability itself is. */
  #nameHash(end: string): string {
    const {id, chain} = this.#terms;
    const [created = '', ...others] = this.#embeddedProofLines('_:z', '_:z', IN_SELF);
    const link: Block = [id, `${id} ${PROOF} _:a${end}`];
    const blocks = this.#parent ? [link, this.#parent.capabilityBlock(IN_SELF, '_:z')] : [link];
    const firsts = [...chain].sort().map((item) => `_:z ${FIRST} ${item}${IN_SELF}`);
    const rests = `_:z ${REST} ${NIL}${IN_SELF}` + `_:z ${REST} _:z${IN_SELF}`.repeat(chain.length - 1);
    return hashText(inOrder(blocks) + created + firsts.join('') + rests + others.join(''));
  }

  #embeddedProofLines(self: string, list: string, end: string): readonly string[] {
    return proofLines(this.#terms, self, list, end, this.#terms.proofValue);
  }

  /** The capability where it is embedded. @param proofGraph label of its proof's graph. */
  capabilityBlock(end: string, proofGraph: string): Block {
    const {id, facts} = this.#terms;
    return [id, facts.map((fact) => fact + end).join('') + `${id} ${PROOF} ${proofGraph}${end}`];
  }

  proofBlocks({proof, list}: Labels, end: string, isOutermost: boolean): readonly Block[] {
    const [head = ''] = list;
    const lines = isOutermost
      ? proofLines(this.#terms, proof, head, end)
      : this.#embeddedProofLines(proof, head, end);
    const entries = this.#terms.chain.map((item, i): Block => {
      const [self = '', next = NIL] = [list[i], list[i + 1]];
      return [self, `${self} ${FIRST} ${item}${end}${self} ${REST} ${next}${end}`];
    });
    return [[proof, lines.join('')], ...entries];
  }
}

/** All lines of one subject; subjects sort as their lines do, since none begins with another. */
type Block = readonly [subject: string, lines: string];

function write(graphs: readonly ProofGraph[]): string {
  const blocks: Block[] = [];
  let end = IN_DEFAULT;
  for (const {link, proof, list, name} of graphs) {
    if (name) {
      // The capability is where its child's proof is.
      blocks.push(link.capabilityBlock(end, name.label));
      end = ` ${name.label} .\n`;
    }
    const labels = {proof: proof.label, list: list.map(({label}) => label)};
    blocks.push(...link.proofBlocks(labels, end, name === undefined));
  }
  return inOrder(blocks);
}

function inOrder(blocks: readonly Block[]): string {
  const sorted = [...blocks].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, lines]) => lines).join('');
}

/** In canonical order; all one subject's, each its own predicate. */
function proofLines(
  {created, verificationMethod}: DelegationTerms,
  self: string,
  list: string,
  end: string,
  proofValue?: string,
): readonly string[] {
  return [
    `${self} ${CREATED} ${created}${end}`,
    `${self} ${TYPE} ${ED25519_SIGNATURE_2020}${end}`,
    `${self} ${CAPABILITY_CHAIN} ${list}${end}`,
    `${self} ${PROOF_PURPOSE} ${CAPABILITY_DELEGATION}${end}`,
    ...(proofValue === undefined ? [] : [`${self} ${PROOF_VALUE} ${proofValue}${end}`]),
    `${self} ${VERIFICATION_METHOD} ${verificationMethod}${end}`,
  ];
}

function node(hash: string, related: readonly RelatedNode[] = []): BlankNode {
  return {hash, related, label: ''};
}
