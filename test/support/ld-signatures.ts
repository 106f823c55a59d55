import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {CapabilityDelegation, constants} from '@digitalbazaar/zcap';
import jsigs from 'jsonld-signatures';
import type {Signer} from './did-key.ts';

/** A JSON-LD document. */
export type LdDocument = Readonly<Record<string, unknown>>;
export type DocumentLoader = (url: string) => Promise<unknown>;

/** The signature suite, as far as signing uses it. */
interface SigningSuite {
  createVerifyData(options: {
    readonly document: LdDocument;
    readonly proof: LdDocument;
    readonly documentLoader: DocumentLoader;
  }): Promise<Uint8Array>;
}

interface SuiteOptions {
  readonly signer?: Signer;
  readonly date?: string;
  readonly canonizeOptions?: {readonly safe: boolean};
}

// The packages have no types of their own, and the project's declarations are of verifying only.
const Suite = Ed25519Signature2020 as unknown as new (options: SuiteOptions) => SigningSuite;
const Delegation = CapabilityDelegation as unknown as new (options: {
  readonly parentCapability: unknown;
}) => object;
const official = jsigs as unknown as {
  sign(
    document: LdDocument,
    options: {readonly suite: unknown; readonly purpose: unknown; readonly documentLoader: DocumentLoader},
  ): Promise<LdDocument>;
};

export const ZCAP_CONTEXT_URL = constants.ZCAP_CONTEXT_URL;
export const SUITE_CONTEXT_URL = Ed25519Signature2020.CONTEXT_URL;

const CONTEXTS = new Map<string, unknown>([
  [ZCAP_CONTEXT_URL, constants.ZCAP_CONTEXT],
  [SUITE_CONTEXT_URL, Ed25519Signature2020.CONTEXT],
]);

/** Loads the contexts of capabilities and their proofs, and the security contexts; nothing from the network. */
export const contextLoader: DocumentLoader = async (url) => {
  const document = CONTEXTS.get(url);
  // `static` lets the JSON-LD processor keep the parsed context.
  return document
    ? {contextUrl: null, documentUrl: url, document, tag: 'static'}
    : jsigs.strictDocumentLoader(url);
};

/** Delegates with the official library, which checks much of what it signs. */
export async function signDelegation(
  document: LdDocument,
  options: {readonly signer: Signer; readonly created: string; readonly parentCapability: unknown},
): Promise<LdDocument> {
  const {signer, created, parentCapability} = options;
  return official.sign(
    {...document},
    {
      suite: new Suite({signer, date: created}),
      purpose: new Delegation({parentCapability}),
      documentLoader: contextLoader,
    },
  );
}

/**
 * The bytes that an `Ed25519Signature2020` proof signs, for any document and proof whatsoever.
 * `safe: false` drops what the contexts do not define, where a verifier would refuse.
 */
export async function verifyData(
  document: LdDocument,
  proof: LdDocument,
  {safe = true} = {},
): Promise<Uint8Array> {
  const suite = new Suite({canonizeOptions: {safe}});
  try {
    return await suite.createVerifyData({document, proof, documentLoader: contextLoader});
  } finally {
    // For a node whose id is `__proto__`, jsonld 9 writes to what every object inherits from. The server never hands it
    // such a document; this is for asking it to sign one.
    for (const name of Object.keys(Object.prototype)) Reflect.deleteProperty(Object.prototype, name);
  }
}
