import {decode} from 'base58-universal';
import {contextLoader, SUITE_CONTEXT_URL, type DocumentLoader} from '../../support/ld-signatures.ts';

const DID_KEY = /^(did:key:(z6Mk[1-9A-HJ-NP-Za-km-z]{44}))(?:#(.*))?$/s;

/** Loads contexts, and of did:key (Ed25519 only) the DID document or its one verification method. Nothing from the network. */
export const referenceLoader: DocumentLoader = async (url) => {
  if (!url.startsWith('did:')) return contextLoader(url);
  return {contextUrl: null, documentUrl: url, document: didKeyDocument(url)};
};

function didKeyDocument(url: string): Readonly<Record<string, unknown>> {
  const [, did, multibase = '', fragment] = DID_KEY.exec(url) ?? [];
  if (did === undefined || (fragment !== undefined && fragment !== multibase))
    throw new Error(`${url} not found.`);
  const [first, second] = decode(multibase.slice(1));
  if (first !== 0xed || second !== 0x01) throw new Error(`${url} not found.`);
  const id = `${did}#${multibase}`;
  const method = {id, type: 'Ed25519VerificationKey2020', controller: did, publicKeyMultibase: multibase};
  if (fragment !== undefined) return {'@context': SUITE_CONTEXT_URL, ...method};
  return {
    '@context': ['https://www.w3.org/ns/did/v1', SUITE_CONTEXT_URL],
    id: did,
    verificationMethod: [method],
    authentication: [id],
    assertionMethod: [id],
    capabilityDelegation: [id],
    capabilityInvocation: [id],
  };
}
