import {hash} from 'node:crypto';

/** A blank node of the data set that is made canonical. */
export interface BlankNode {
  /** Of its first degree: of all quads that it is in, itself as `_:a`, other blank nodes as `_:z` (RDFC-1.0 §4.6). */
  readonly hash: string;
  /** What it is linked to; nothing where its hash must be its own alone. Asked for only where two nodes hash alike. */
  readonly related: () => readonly RelatedNode[];
  /** `_:c14n…`; empty until it is issued. */
  label: string;
}

export interface RelatedNode {
  readonly node: BlankNode;
  /** Where the other node stands in the quad: `s` or `o` and then the predicate, or `g`. */
  readonly position: string;
  /** How many quads have it there. */
  readonly quads: number;
}

/** Hash of a text as RDFC-1.0 writes it: SHA-256, hexadecimal, small letters. */
export const hashText = (text: string): string => hash('sha256', text);

const MAX_REMEMBERED = 1000;
const relatedHashes = new Map<string, string>();

/**
 * Of a node by where it stands, and its label or hash. Remembered: two of three texts that are hashed to tell the nodes of a
 * long chain apart are the same few, whatever the chain.
 */
function hashRelated(text: string): string {
  let hashed = relatedHashes.get(text);
  if (hashed === undefined) {
    if (relatedHashes.size >= MAX_REMEMBERED) relatedHashes.clear();
    relatedHashes.set(text, (hashed = hashText(text)));
  }
  return hashed;
}

/**
 * Issues canonical labels (RDFC-1.0 §4.4.3), where telling the nodes apart asks for no choice between orders.
 * @returns whether all nodes got theirs.
 */
export function issueLabels(nodes: readonly BlankNode[]): boolean {
  const issue = labelIssuer();
  const groups: BlankNode[][] = [];
  for (const node of nodes.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))) {
    const group = groups.at(-1);
    if (group?.[0]?.hash === node.hash) group.push(node);
    else groups.push([node]);
  }
  for (const [node, other] of groups) if (node && !other) issue(node);
  return groups.every((group) => group.length === 1 || issueByPaths(group, issue));
}

function labelIssuer(): (node: BlankNode) => void {
  let issued = 0;
  return (node) => {
    if (node.label === '') node.label = `_:c14n${issued++}`;
  };
}

/** RDFC-1.0 §4.4.3, step 5. */
function issueByPaths(group: readonly BlankNode[], issue: (node: BlankNode) => void): boolean {
  const results = new Map<string, Iterable<BlankNode>>();
  let waiting = 0;
  for (const node of group) {
    if (node.label !== '') continue;
    waiting++;
    const issued = new Map([[node, '_:b0']]);
    const path = hashNDegree(node, issued);
    if (path === undefined) return false;
    results.set(path, issued.keys());
  }
  if (results.size !== waiting) return false;
  for (const path of [...results.keys()].sort()) for (const node of results.get(path) ?? []) issue(node);
  return true;
}

/**
 * Hash N-Degree Quads (RDFC-1.0 §4.8) where no two related nodes hash alike, so there is one order to look at only.
 * @param issued temporary labels, in the order of issue; added to.
 */
function hashNDegree(start: BlankNode, issued: Map<BlankNode, string>): string | undefined {
  const byHash = new Map<string, RelatedNode>();
  const all = start.related();
  for (const related of all) {
    const {node, position} = related;
    byHash.set(hashRelated(position + (labelOf(node, issued) ?? node.hash)), related);
  }
  if (byHash.size === 0 || byHash.size !== all.length) return undefined;
  let data = '';
  for (const key of [...byHash.keys()].sort()) {
    const related = byHash.get(key);
    const path = related && pathTo(related, issued);
    if (path === undefined) return undefined;
    data += key + path;
  }
  return hashText(data);
}

function pathTo({node, quads}: RelatedNode, issued: Map<BlankNode, string>): string | undefined {
  const known = labelOf(node, issued);
  if (known !== undefined) return known.repeat(quads);
  if (quads !== 1) return undefined;
  const label = `_:b${issued.size}`;
  issued.set(node, label);
  const path = hashNDegree(node, issued);
  return path === undefined ? undefined : `${label}${label}<${path}>`;
}

function labelOf(node: BlankNode, issued: ReadonlyMap<BlankNode, string>): string | undefined {
  return node.label === '' ? issued.get(node) : node.label;
}
