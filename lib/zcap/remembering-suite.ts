import {createHash} from 'node:crypto';
import {
  Ed25519Signature2020,
  type ProofToVerify,
  type ProofVerification,
} from '@digitalbazaar/ed25519-signature-2020';
import type {LRUCache} from 'lru-cache';

type Document = Readonly<Record<string, unknown>>;

/** SHA-256 of a proof over a document → the verification method it verified with. Only of methods that cannot change. */
export type ProofMemory = LRUCache<string, object>;

/**
 * The library's proof suite, which does not verify twice what cannot become false: this very proof over this very
 * document by a did:key. What depends on time or state is not the suite's to judge.
 */
export class RememberingSuite extends Ed25519Signature2020 {
  readonly #memory: ProofMemory;
  readonly #originals: ReadonlyMap<string, Document>;

  /** `originals`: by id, the documents as they were signed, where the library was handed other spellings of them (R30). */
  constructor(memory: ProofMemory, originals: ReadonlyMap<string, Document>) {
    super();
    this.#memory = memory;
    this.#originals = originals;
  }

  override async verifyProof(options: ProofToVerify): Promise<ProofVerification> {
    const signed = this.#asSigned(options);
    const {proof, document} = signed;
    const key = createHash('sha256')
      .update(JSON.stringify([document, proof]))
      .digest('base64');
    const known = this.#memory.get(key);
    if (known) return {verified: true, verificationMethod: known};
    const result = await super.verifyProof(signed);
    const method = proof['verificationMethod'];
    const isImmutable = typeof method === 'string' && method.startsWith('did:key:');
    if (result.verified && isImmutable && result.verificationMethod)
      this.#memory.set(key, result.verificationMethod);
    return result;
  }

  #asSigned(options: ProofToVerify): ProofToVerify {
    const original = this.#originals.get(String(options.document['id']));
    if (!original) return options;
    const {proof, ...document} = original;
    return {...options, document, proof: {'@context': document['@context'], ...(proof as Document)}};
  }
}
