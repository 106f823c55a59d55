import {
  Ed25519Signature2020,
  type ProofToVerify,
  type ProofVerification,
} from '@digitalbazaar/ed25519-signature-2020';
import type {DelegationProofs} from './delegation-proofs.ts';
import type {ResolveOptions} from './did/did-resolver.ts';
import {verificationMethodNode} from './did/json-ld-nodes.ts';

type Document = Readonly<Record<string, unknown>>;

/** The library's proof suite, which asks JSON-LD about those proofs only that are not known well enough to do without. */
export class DirectSuite extends Ed25519Signature2020 {
  readonly #proofs: DelegationProofs;
  readonly #originals: ReadonlyMap<string, Document>;
  readonly #options: ResolveOptions;

  /** `originals`: by id, the documents as they were signed, where the library was handed other spellings of them (R30). */
  constructor(proofs: DelegationProofs, originals: ReadonlyMap<string, Document>, options: ResolveOptions) {
    super();
    this.#proofs = proofs;
    this.#originals = originals;
    this.#options = options;
  }

  override async verifyProof(options: ProofToVerify): Promise<ProofVerification> {
    const original = this.#originals.get(String(options.document['id']));
    if (!original) return super.verifyProof(options);
    try {
      const method = await this.#proofs.verifyLast(original, this.#options);
      if (method) return {verified: true, verificationMethod: verificationMethodNode(method)};
    } catch (error) {
      return {verified: false, error};
    }
    const {proof, ...document} = original;
    return super.verifyProof({
      ...options,
      document,
      proof: {'@context': document['@context'], ...(proof as Document)},
    });
  }
}
