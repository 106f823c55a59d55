import {AsymmetricKey, type KeyDescription} from '@digitalbazaar/webkms-client';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {expect} from 'chai';
import jsigs from 'jsonld-signatures';
import {controller} from '../support/did-key.ts';
import {contextLoader, SUITE_CONTEXT_URL, type LdDocument} from '../support/ld-signatures.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {Scene} from './scene.ts';

/** The official signer and verifier; the packages have no types. */
interface Signatures {
  sign(document: LdDocument, options: SignatureOptions): Promise<LdDocument>;
  verify(document: LdDocument, options: SignatureOptions): Promise<{verified: boolean; error?: unknown}>;
  readonly purposes: {readonly AssertionProofPurpose: new () => object};
}
interface SignatureOptions {
  readonly suite: object;
  readonly purpose: object;
  readonly documentLoader: (url: string) => Promise<unknown>;
}
const signatures = jsigs as unknown as Signatures;
const {AssertionProofPurpose} = signatures.purposes;
const Suite = Ed25519Signature2020 as unknown as new (options?: {signer: AsymmetricKey}) => object;

/** The terms of the credential, in line: nothing is fetched. */
const TERMS = {
  id: '@id',
  type: '@type',
  VerifiableCredential: 'https://www.w3.org/2018/credentials#VerifiableCredential',
  issuer: {'@id': 'https://www.w3.org/2018/credentials#issuer', '@type': '@id'},
  credentialSubject: {'@id': 'https://www.w3.org/2018/credentials#credentialSubject', '@type': '@id'},
  alumniOf: 'https://schema.org/alumniOf',
};

describe('official clients: a Verifiable Credential', () => {
  const [university, registrar] = [controller('credential: university'), controller('credential: registrar')];
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  it('is signed by a registrar who may only sign, and verified by whoever has it', async () => {
    const {id: keystoreId} = await scene.createKeystore(university);
    const {keyId, keyDescription} = await scene.kms(keystoreId).generateKey({
      type: 'Ed25519VerificationKey2020',
      publicAliasTemplate: 'did:key:{publicKeyMultibase}#{publicKeyMultibase}',
      invocationSigner: university.signer,
    });
    const capability = await scene.zcap(university).delegate({
      capability: rootCapabilityId(keystoreId),
      invocationTarget: keyId,
      controller: registrar.did,
      allowedActions: 'sign',
    });
    const key = await AsymmetricKey.fromCapability({
      capability,
      invocationSigner: registrar.signer,
      kmsClient: scene.kms(),
    });
    const [issuer = ''] = keyDescription.id.split('#');
    const documentLoader = didKeyLoader(keyDescription);

    const credential = await signatures.sign(
      {
        '@context': [TERMS, SUITE_CONTEXT_URL],
        id: 'urn:uuid:11111111-1111-4111-8111-111111111111',
        type: 'VerifiableCredential',
        issuer,
        credentialSubject: {id: 'did:example:graduate', alumniOf: 'Example University'},
      },
      {suite: new Suite({signer: key}), purpose: new AssertionProofPurpose(), documentLoader},
    );
    expect(credential['proof']).to.include({
      type: 'Ed25519Signature2020',
      verificationMethod: keyDescription.id,
    });

    const verifyCredential = async (document: LdDocument) =>
      signatures.verify(document, {suite: new Suite(), purpose: new AssertionProofPurpose(), documentLoader});
    expect((await verifyCredential(credential)).verified).to.equal(true);
    const forged = {
      ...credential,
      credentialSubject: {id: 'did:example:other', alumniOf: 'Example University'},
    };
    expect((await verifyCredential(forged)).verified).to.equal(false);
  });
});

/** Resolves the key's did:key from its description alone, as any did:key resolver would. */
function didKeyLoader({id, type, publicKeyMultibase}: KeyDescription): SignatureOptions['documentLoader'] {
  const [did = ''] = id.split('#');
  const method = {'@context': SUITE_CONTEXT_URL, id, type, controller: did, publicKeyMultibase};
  const documents = new Map<string, object>([
    [id, method],
    [
      did,
      {'@context': ['https://www.w3.org/ns/did/v1', SUITE_CONTEXT_URL], id: did, assertionMethod: [method]},
    ],
  ]);
  return async (url) => {
    const document = documents.get(url);
    return document ? {contextUrl: null, documentUrl: url, document} : contextLoader(url);
  };
}
