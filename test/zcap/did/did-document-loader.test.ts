import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {expect} from 'chai';
import jsigs from 'jsonld-signatures';
import type {DidResolver} from '../../../lib/zcap/did/did-resolver.ts';
import {
  contextLoader,
  SUITE_CONTEXT_URL,
  signDelegation,
  ZCAP_CONTEXT_URL,
} from '../../support/ld-signatures.ts';
import {alice, didDocument, mallory, methodNode} from './did-documents.ts';
import {DidWebServer} from './did-web-server.ts';
import {expectUnresolved} from './expect-did-refusal.ts';

// The package has no types of its own, and the project's declarations are of what the server uses.
const {ControllerProofPurpose} = (
  jsigs as unknown as {purposes: {ControllerProofPurpose: new (options: {term: string}) => object}}
).purposes;

const target = 'https://kms.example/kms/keystores/z1';
const rootId = `urn:zcap:root:${encodeURIComponent(target)}`;

/** A document with an Ed25519Signature2020 proof by `keyId`, whose private key is alice's. */
async function signedBy(keyId: string): Promise<unknown> {
  const document = {
    '@context': [ZCAP_CONTEXT_URL, SUITE_CONTEXT_URL],
    id: 'urn:uuid:6d8f4b3c-1111-4222-8333-444455556666',
    controller: mallory.did,
    parentCapability: rootId,
    invocationTarget: target,
    expires: '2026-12-22T12:00:00Z',
  };
  const signer = {...alice.signer, id: keyId};
  return signDelegation(document, {signer, created: '2026-11-22T12:00:00Z', parentCapability: rootId});
}

async function verifies(
  document: unknown,
  resolver: DidResolver,
  term = 'capabilityDelegation',
): Promise<boolean> {
  const result = await jsigs.verify(document, {
    suite: new Ed25519Signature2020(),
    purpose: new ControllerProofPurpose({term}),
    documentLoader: async (url) =>
      url.startsWith('did:')
        ? {contextUrl: null, documentUrl: url, document: await resolver.document(url)}
        : contextLoader(url),
  });
  return result.verified;
}

describe('DidResolver.document', () => {
  let server: DidWebServer;
  let did: string;

  beforeEach(async () => {
    server = new DidWebServer();
    await server.start();
    did = server.did();
    server.serve(didDocument(did));
  });
  afterEach(async () => server.stop());

  const node = (id: string, controller: string) => ({
    id,
    type: 'Ed25519VerificationKey2020',
    controller,
    publicKeyMultibase: alice.publicKeyMultibase,
  });

  it('gives the document of a did:key', async () => {
    expect(await server.resolver().document(alice.did)).to.deep.equal({
      '@context': ['https://www.w3.org/ns/did/v1', SUITE_CONTEXT_URL],
      id: alice.did,
      verificationMethod: [node(alice.keyId, alice.did)],
      authentication: [alice.keyId],
      assertionMethod: [alice.keyId],
      capabilityDelegation: [alice.keyId],
      capabilityInvocation: [alice.keyId],
    });
  });

  it('gives the verification method of a did:key', async () => {
    const expected = {'@context': SUITE_CONTEXT_URL, ...node(alice.keyId, alice.did)};
    expect(await server.resolver().document(alice.keyId)).to.deep.equal(expected);
    await expectUnresolved(server.resolver().document(`${alice.did}#key-1`), 'not-found');
  });

  it('gives of a did:web what was understood, and nothing else of what was fetched', async () => {
    server.serve(
      didDocument(did, {
        '@context': [
          'https://www.w3.org/ns/did/v1',
          {capabilityInvocation: 'https://evil.example/#authentication'},
        ],
        verificationMethod: [
          methodNode(did, {comment: 'not passed on'}),
          methodNode(did, {id: `${did}#gone`, revoked: '2026-01-01T00:00:00Z'}),
          methodNode(did, {id: `${did}#new`, type: 'SomethingNew'}),
        ],
        capabilityInvocation: [
          `${did}#gone`,
          '#key-1',
          `${did}#new`,
          'did:web:other.example#key',
          `${did}#none`,
        ],
        service: [{id: '#s', type: 'X', serviceEndpoint: 'https://evil.example'}],
      }),
    );
    const resolver = server.resolver();
    expect(await resolver.document(did)).to.deep.equal({
      '@context': ['https://www.w3.org/ns/did/v1', SUITE_CONTEXT_URL],
      id: did,
      verificationMethod: [node(`${did}#key-1`, did)],
      authentication: [],
      assertionMethod: [],
      capabilityDelegation: [`${did}#key-1`],
      capabilityInvocation: [`${did}#key-1`, 'did:web:other.example#key'],
    });
    expect(await resolver.document(`${did}#key-1`)).to.deep.equal({
      '@context': SUITE_CONTEXT_URL,
      ...node(`${did}#key-1`, did),
    });
    await expectUnresolved(resolver.document(`${did}#gone`), 'revoked');
    await expectUnresolved(resolver.document(`${did}#new`), 'key');
    await expectUnresolved(resolver.document(`${did}#none`), 'not-found');
  });

  it('gives what its caller may change', async () => {
    const resolver = server.resolver();
    const first = await resolver.document(alice.did);
    first['capabilityInvocation'] = [];
    expect((await resolver.document(alice.did))['capabilityInvocation']).to.deep.equal([alice.keyId]);
  });

  it('is what the official libraries verify a proof with', async () => {
    const resolver = server.resolver();
    expect(await verifies(await signedBy(alice.keyId), resolver)).to.equal(true);
    expect(await verifies(await signedBy(`${did}#key-1`), resolver)).to.equal(true);
    expect(await verifies(await signedBy(mallory.keyId), resolver)).to.equal(false);
  });

  it('R29 is what the official libraries refuse a proof with, by a key that is listed for another purpose', async () => {
    server.serve(didDocument(did, {capabilityDelegation: []}));
    expect(await verifies(await signedBy(`${did}#key-1`), server.resolver())).to.equal(false);
    server.serve(didDocument(did));
    expect(await verifies(await signedBy(`${did}#key-1`), server.resolver())).to.equal(true);
  });

  it('R9 is what the official libraries refuse a proof with, by a key that claims a foreign controller', async () => {
    server.serve(didDocument(did, {verificationMethod: [methodNode(did, {controller: mallory.did})]}));
    expect(await verifies(await signedBy(`${did}#key-1`), server.resolver())).to.equal(false);
  });
});
