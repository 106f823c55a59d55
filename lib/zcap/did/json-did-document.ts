import type {DidDocument} from './did-document.ts';
import {DidError} from './did-error.ts';
import {
  importVerificationMethod,
  type Relationship,
  RELATIONSHIPS,
  type VerificationMethod,
  type VerificationMethodFacts,
} from './verification-method.ts';
import {
  isJsonObject,
  type JsonObject,
  type ParsedMethod,
  parseVerificationMethodNode,
} from './verification-method-node.ts';

interface ImportedMethod {
  readonly method: VerificationMethod;
  readonly expiresAt: number;
}

/**
 * A DID document that was read as plain JSON (DID Core §6.2): its `@context` is not believed and nothing is fetched for it.
 * Nodes are looked into only when they are asked for, so that a document with odd or unknown keys serves its good ones.
 */
export class JsonDidDocument implements DidDocument {
  readonly id: string;
  readonly #nodes = new Map<string, JsonObject>();
  readonly #references = new Map<Relationship, ReadonlySet<string>>();
  readonly #imported = new Map<string, ImportedMethod>();

  /** @throws DidError `document` where `value` is not a document of `did` */
  constructor(value: unknown, did: string) {
    if (!isJsonObject(value) || value['id'] !== did) throw new DidError('document');
    this.id = did;
    for (const node of readList(value['verificationMethod'])) this.#addNode(node);
    for (const relationship of RELATIONSHIPS) {
      const entries = readList(value[relationship]);
      this.#references.set(relationship, new Set(entries.map((entry) => this.#readReference(entry))));
    }
  }

  method(id: string, now: number): VerificationMethod {
    const {method, expiresAt} = this.#imported.get(id) ?? this.#import(id);
    if (expiresAt <= now) throw new DidError('revoked');
    return method;
  }

  usableMethods(now: number): readonly VerificationMethodFacts[] {
    const usable: VerificationMethodFacts[] = [];
    for (const [id, node] of this.#nodes) {
      const parsed = parseIfSound(id, node);
      if (parsed !== undefined && parsed.expiresAt > now) usable.push(parsed.facts);
    }
    return usable;
  }

  references(relationship: Relationship): ReadonlySet<string> {
    return this.#references.get(relationship) ?? new Set();
  }

  #import(id: string): ImportedMethod {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new DidError('not-found');
    const {facts, expiresAt} = parseVerificationMethodNode(id, node);
    const imported = {method: importVerificationMethod(facts), expiresAt};
    this.#imported.set(id, imported);
    return imported;
  }

  /** An entry of a relationship is a DID URL, or a verification method of this document that stands in its place. */
  #readReference(entry: unknown): string {
    return typeof entry === 'string' ? this.#absolute(entry) : this.#addNode(entry);
  }

  #addNode(node: unknown): string {
    if (!isJsonObject(node) || typeof node['id'] !== 'string') throw new DidError('document');
    const id = this.#absolute(node['id']);
    // A document speaks for its own methods only, and says of each one thing.
    if (!id.startsWith(`${this.id}#`) || this.#nodes.has(id)) throw new DidError('document');
    this.#nodes.set(id, node);
    return id;
  }

  #absolute(id: string): string {
    return id.startsWith('#') ? this.id + id : id;
  }
}

function readList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new DidError('document');
  return value;
}

function parseIfSound(id: string, node: JsonObject): ParsedMethod | undefined {
  try {
    return parseVerificationMethodNode(id, node);
  } catch (error) {
    if (error instanceof DidError) return undefined;
    throw error;
  }
}
