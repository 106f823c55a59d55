import {hashText, issueLabels, type BlankNode, type RelatedNode} from './blank-nodes.ts';
import {IN_DEFAULT, IN_OTHER} from './chain-entry.ts';
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

/** What ends the line of a quad in a graph whose node is the one that is hashed. */
const IN_SELF = ' _:a .\n';
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

/**
 * A delegated capability of a chain, in the canonical N-Quads (RDFC-1.0) of what JSON-LD expands it to. As a parent it is
 * embedded in the proof of its child: its quads in the graph that the child's proof is in, its own proof in a graph of its own.
 * Hashes that do not depend on the child are made once.
 */
export class CanonicalDelegation {
  readonly #terms: DelegationTerms;
  readonly #parent: CanonicalDelegation | undefined;
  #proofHash: string | undefined;
  #outerName: string | undefined;
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
    return {link: this, proof, list: this.#list(false, () => NOTHING_RELATED), name: undefined};
  }

  /** @param isOuter whether the capability itself is in the default graph. */
  #namedGraph(isOuter: boolean): ProofGraph & {readonly name: BlankNode} {
    const name = node(
      isOuter
        ? (this.#outerName ??= this.#nameHash(IN_DEFAULT))
        : (this.#innerName ??= this.#nameHash(IN_OTHER)),
    );
    const proof = node(
      (this.#proofHash ??= hashText(
        this.#created('_:a', IN_OTHER) + this.#embeddedProof('_:a', '_:z', IN_OTHER),
      )),
    );
    const list = this.#list(true, (i) => {
      const before = {node: list[i - 1] ?? proof, position: i === 0 ? FROM_PROOF : FROM_ENTRY, quads: 1};
      const after = list[i + 1];
      return [
        before,
        ...(after ? [{node: after, position: TO_ENTRY, quads: 1}] : []),
        {node: name, position: 'g', quads: 3},
      ];
    });
    return {link: this, proof, list, name};
  }

  #list(isEmbedded: boolean, relatedTo: (index: number) => readonly RelatedNode[]): readonly BlankNode[] {
    const {chain} = this.#terms;
    return chain.map((entry, i) =>
      node(entry.hash({isLast: i === chain.length - 1, isEmbedded}), () => relatedTo(i)),
    );
  }

  /** @param end where the capability itself is. */
  #nameHash(end: string): string {
    const {id, chain} = this.#terms;
    const link: Block = [id, `${id}${PROOF}_:a` + end];
    const blocks = this.#parent ? [link, this.#parent.#capability(IN_SELF, '_:z')] : [link];
    let lines = inOrder(blocks) + this.#created('_:z', IN_SELF);
    for (const item of chain.map(({term}) => term).sort()) lines += `_:z${FIRST}` + item + IN_SELF;
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
      for (const [i, entry] of link.#terms.chain.entries()) {
        const self = list[i]?.label ?? NIL;
        blocks.push([self, entry.lines(self, list[i + 1]?.label ?? NIL, end)]);
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

const NOTHING_RELATED: readonly RelatedNode[] = [];

function node(hash: string, related: () => readonly RelatedNode[] = () => NOTHING_RELATED): BlankNode {
  return {hash, related, label: ''};
}
