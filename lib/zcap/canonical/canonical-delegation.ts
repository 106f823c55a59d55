import {hashText, issueLabels, type BlankNode, type RelatedNode} from './blank-nodes.ts';
import type {DelegationTerms} from './delegation-terms.ts';
import {
  CAPABILITY_CHAIN,
  FIRST,
  FOR_CAPABILITY_DELEGATION,
  IS_ED25519_SIGNATURE_2020,
  NIL,
  PROOF,
  REST,
} from './n-quads.ts';

/** What ends the line of a quad in the default graph, and in one whose node is hashed or is another. */
const IN_DEFAULT = ' .\n';
const IN_SELF = ' _:a .\n';
const IN_OTHER = ' _:z .\n';
/** Where a list's neighbours stand in the quads that link them. */
const FROM_PROOF = `s${CAPABILITY_CHAIN.trim()}`;
const FROM_ENTRY = `s${REST.trim()}`;
const TO_ENTRY = `o${REST.trim()}`;

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
  #document: string | undefined;

  constructor(terms: DelegationTerms, parent: CanonicalDelegation | undefined) {
    this.#terms = terms;
    this.#parent = parent;
  }

  /** The capability without its proof. */
  document(): string {
    return (this.#document ??= this.#facts(IN_DEFAULT));
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
    return issueLabels(nodes) ? CanonicalDelegation.#write(graphs) : undefined;
  }

  #outermostGraph(): ProofGraph {
    const proof = node(
      hashText(this.#created('_:a', IN_DEFAULT) + this.#proofOf('_:a', '_:z', IN_DEFAULT, '')),
    );
    return {link: this, proof, list: this.#listHashes(IN_DEFAULT).map((hash) => node(hash)), name: undefined};
  }

  /** @param isOuter whether the capability itself is in the default graph. */
  #namedGraph(isOuter: boolean): ProofGraph & {readonly name: BlankNode} {
    this.#named ??= {
      proof: hashText(this.#created('_:a', IN_OTHER) + this.#embeddedProof('_:a', '_:z', IN_OTHER)),
      list: this.#listHashes(IN_OTHER),
    };
    const name = node(isOuter ? this.#nameHash(IN_DEFAULT) : (this.#innerName ??= this.#nameHash(IN_OTHER)));
    const proof = node(this.#named.proof);
    const related: RelatedNode[][] = this.#named.list.map(() => []);
    const list = this.#named.list.map((hash, i) => node(hash, related[i]));
    for (const [i, neighbours] of related.entries()) {
      const [before = proof, after] = [list[i - 1], list[i + 1]];
      neighbours.push({node: before, position: i === 0 ? FROM_PROOF : FROM_ENTRY, quads: 1});
      if (after) neighbours.push({node: after, position: TO_ENTRY, quads: 1});
      neighbours.push({node: name, position: 'g', quads: 3});
    }
    return {link: this, proof, list, name};
  }

  #listHashes(end: string): readonly string[] {
    const {chain} = this.#terms;
    return chain.map((item, i) => {
      const rest = i === chain.length - 1 ? NIL : '_:z';
      const link = i === 0 ? CAPABILITY_CHAIN : REST;
      return hashText(entryLines('_:a', item, rest, end) + `_:z${link}_:a` + end);
    });
  }

  /** @param end where the capability itself is. */
  #nameHash(end: string): string {
    const {id, chain} = this.#terms;
    const link: Block = [id, `${id}${PROOF}_:a` + end];
    const blocks = this.#parent ? [link, this.#parent.#capability(IN_SELF, '_:z')] : [link];
    let lines = inOrder(blocks) + this.#created('_:z', IN_SELF);
    for (const item of chain.toSorted()) lines += `_:z${FIRST}` + item + IN_SELF;
    lines += `_:z${REST}${NIL}${IN_SELF}` + `_:z${REST}_:z${IN_SELF}`.repeat(chain.length - 1);
    return hashText(lines + this.#embeddedProof('_:z', '_:z', IN_SELF));
  }

  #facts(end: string): string {
    let lines = '';
    for (const fact of this.#terms.facts) lines += fact + end;
    return lines;
  }

  /** The capability where it is embedded. @param proofGraph label of its proof's graph. */
  #capability(end: string, proofGraph: string): Block {
    const {id} = this.#terms;
    const facts = end === IN_DEFAULT ? this.document() : this.#facts(end);
    return [id, facts + id + PROOF + proofGraph + end];
  }

  /** The first line of the proof. */
  #created(self: string, end: string): string {
    return self + this.#terms.created + end;
  }

  /** The other lines, in canonical order. @param proofValue its line. */
  #proofOf(self: string, list: string, end: string, proofValue: string): string {
    const type = self + IS_ED25519_SIGNATURE_2020 + end;
    const chain = self + CAPABILITY_CHAIN + list + end;
    const purpose = self + FOR_CAPABILITY_DELEGATION + end;
    return type + chain + purpose + proofValue + self + this.#terms.verificationMethod + end;
  }

  #embeddedProof(self: string, list: string, end: string): string {
    return this.#proofOf(self, list, end, self + this.#terms.proofValue + end);
  }

  /** All of its graphs, once labels are issued. */
  static #write(graphs: readonly ProofGraph[]): string {
    const blocks: Block[] = [];
    let end = IN_DEFAULT;
    for (const {link, proof, list, name} of graphs) {
      if (name) {
        // The capability is where its child's proof is.
        blocks.push(link.#capability(end, name.label));
        end = ` ${name.label} .\n`;
      }
      const head = list[0]?.label ?? NIL;
      const lines = name
        ? link.#embeddedProof(proof.label, head, end)
        : link.#proofOf(proof.label, head, end, '');
      blocks.push([proof.label, link.#created(proof.label, end) + lines]);
      for (const [i, item] of link.#terms.chain.entries()) {
        const self = list[i]?.label ?? NIL;
        blocks.push([self, entryLines(self, item, list[i + 1]?.label ?? NIL, end)]);
      }
    }
    return inOrder(blocks);
  }
}

/** All lines of one subject. Subjects sort as their lines do: `>` ends an IRI, and the space after a label comes before digits. */
type Block = readonly [subject: string, lines: string];

function inOrder(blocks: Block[]): string {
  let text = '';
  for (const [, lines] of blocks.sort(([a], [b]) => (a < b ? -1 : 1))) text += lines;
  return text;
}

function entryLines(self: string, item: string, rest: string, end: string): string {
  return self + FIRST + item + end + self + REST + rest + end;
}

function node(hash: string, related: readonly RelatedNode[] = []): BlankNode {
  return {hash, related, label: ''};
}
