import {
  contextLoader,
  type DocumentLoader,
  type LdDocument,
  SUITE_CONTEXT_URL,
} from '../support/ld-signatures.ts';

export const MULTIKEY_CONTEXT_URL = 'https://w3id.org/security/multikey/v1';
const DATA_INTEGRITY_CONTEXT_URL = 'https://w3id.org/security/data-integrity/v2';
const SECURITY = 'https://w3id.org/security#';
const XSD_DATE_TIME = 'http://www.w3.org/2001/XMLSchema#dateTime';

/** The terms of the credential, in line: nothing is fetched. */
const TERMS = {
  id: '@id',
  type: '@type',
  VerifiableCredential: 'https://www.w3.org/2018/credentials#VerifiableCredential',
  issuer: {'@id': 'https://www.w3.org/2018/credentials#issuer', '@type': '@id'},
  credentialSubject: {'@id': 'https://www.w3.org/2018/credentials#credentialSubject', '@type': '@id'},
  alumniOf: 'https://schema.org/alumniOf',
};

/** But for its issuer and its proof. */
export const CREDENTIAL = {
  '@context': [TERMS, SUITE_CONTEXT_URL],
  id: 'urn:uuid:11111111-1111-4111-8111-111111111111',
  type: 'VerifiableCredential',
  credentialSubject: {id: 'did:example:graduate', alumniOf: 'Example University'},
};

/** Of the terms of Data Integrity (VC Data Integrity 1.0 §A) those that a proof uses. */
const DATA_INTEGRITY_CONTEXT = {
  '@context': {
    id: '@id',
    type: '@type',
    proof: {'@id': `${SECURITY}proof`, '@type': '@id', '@container': '@graph'},
    DataIntegrityProof: {
      '@id': `${SECURITY}DataIntegrityProof`,
      '@context': {
        id: '@id',
        type: '@type',
        created: {'@id': 'http://purl.org/dc/terms/created', '@type': XSD_DATE_TIME},
        cryptosuite: {'@id': `${SECURITY}cryptosuite`, '@type': `${SECURITY}cryptosuiteString`},
        proofPurpose: {
          '@id': `${SECURITY}proofPurpose`,
          '@type': '@vocab',
          '@context': {assertionMethod: {'@id': `${SECURITY}assertionMethod`, '@type': '@id'}},
        },
        proofValue: {'@id': `${SECURITY}proofValue`, '@type': `${SECURITY}multibase`},
        verificationMethod: {'@id': `${SECURITY}verificationMethod`, '@type': '@id'},
      },
    },
  },
};

/** Loads contexts, and a did:key as any resolver would. */
export function loaderFor(
  method: LdDocument & {readonly id: string; readonly controller: string},
): DocumentLoader {
  const {id, controller} = method;
  const didDocument = {
    '@context': ['https://www.w3.org/ns/did/v1', SUITE_CONTEXT_URL],
    id: controller,
    assertionMethod: [method],
  };
  const documents = new Map<string, object>([
    [id, method],
    [controller, didDocument],
    [DATA_INTEGRITY_CONTEXT_URL, DATA_INTEGRITY_CONTEXT],
  ]);
  return async (url) => {
    const document = documents.get(url);
    return document ? {contextUrl: null, documentUrl: url, document} : contextLoader(url);
  };
}
