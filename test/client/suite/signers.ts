import {createDecipheriv} from 'node:crypto';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {expect} from 'chai';
import {CompactEncrypt, compactVerify, createLocalJWKSet, jwtVerify, UnsecuredJWT} from 'jose';
import jsigs from 'jsonld-signatures';
import {signJws} from '../../../lib/client/jws.ts';
import {toJwks} from '../../../lib/client/key-jwk.ts';
import {kmsSigner, type KmsSigner} from '../../../lib/client/kms-signer.ts';
import type {PublicKey} from '../../../lib/client/kms.ts';
import {MalformedRequestError, NotSupportedError} from '../../../lib/errors.ts';
import {KEY_TYPES} from '../../../lib/keys/key-types.ts';
import {formatPublicKey} from '../../../lib/keys/public-key.ts';
import {type LdDocument, SUITE_CONTEXT_URL} from '../../support/ld-signatures.ts';
import {CREDENTIAL, loaderFor, MULTIKEY_CONTEXT_URL} from '../credential.ts';
import type {GetKms} from '../kms.suite.ts';
import {refused} from '../refused.ts';

/** What jose knows, by the keys that sign so. ES256K is none of jose's any more. */
const JOSE = {
  ed25519: ['EdDSA', 'Ed25519'],
  'ecdsa-p256': ['ES256'],
  'ecdsa-p384': ['ES384'],
  'ecdsa-p521': ['ES512'],
  rsa2048: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
  'ml-dsa-44': ['ML-DSA-44'],
  'ml-dsa-65': ['ML-DSA-65'],
  'ml-dsa-87': ['ML-DSA-87'],
} as const;

interface LdSignatures {
  sign(document: LdDocument, options: object): Promise<LdDocument>;
  verify(
    document: LdDocument,
    options: object,
  ): Promise<{readonly verified: boolean; readonly error?: unknown}>;
  readonly purposes: {readonly AssertionProofPurpose: new () => object};
}
// The packages have no types of their own, and the project's declarations are of verifying capabilities only.
const signatures = jsigs as unknown as LdSignatures;
const Signature2020 = Ed25519Signature2020 as unknown as new (options?: {
  readonly signer: KmsSigner;
}) => object;

const SUITES = {
  Ed25519Signature2020: {
    alg: 'ed25519',
    type: 'Ed25519VerificationKey2020',
    context: SUITE_CONTEXT_URL,
    suite: (signer?: KmsSigner) => new Signature2020(signer && {signer}),
  },
  'Data Integrity, eddsa-rdfc-2022': {
    alg: 'urn:webkms:multikey:Ed25519',
    type: 'Multikey',
    context: MULTIKEY_CONTEXT_URL,
    suite: (signer?: KmsSigner) => new DataIntegrityProof({...(signer && {signer}), cryptosuite}),
  },
};

export function describeSigners(kms: GetKms): void {
  describe('signers', () => {
    for (const [alg, algorithms] of Object.entries(JOSE)) {
      it(`signs JWSs with ${alg} that jose verifies from the JWK Set`, async () => {
        const {publicKey} = await kms().generateKeyPair(alg);
        const {publicKey: another} = await kms().generateKeyPair(alg);
        const keys = createLocalJWKSet(structuredClone(toJwks([another, publicKey])) as never);
        for (const jwsAlgorithm of algorithms) {
          const jws = await signJws(kms(), publicKey, {
            protectedHeader: {alg: jwsAlgorithm, typ: 'example'},
            payload: 'It’s signed.',
          });
          const {payload, protectedHeader} = await compactVerify(jws, keys);
          expect(Buffer.from(payload).toString()).to.equal('It’s signed.');
          expect(protectedHeader).to.deep.equal({
            alg: jwsAlgorithm,
            typ: 'example',
            kid: `${publicKey.kid}?version=1`,
          });
          const asAnother = await signJws(kms(), publicKey.kid, {
            protectedHeader: {alg: jwsAlgorithm, kid: `${another.kid}?version=1`},
            payload: 'It’s signed.',
          });
          expect((await refused(compactVerify(asAnother, keys))).message).to.include('verification failed');
        }
      });
    }

    it('signs JWTs whose claims are made by jose', async () => {
      const {publicKey} = await kms().generateKeyPair('ecdsa-p256', {name: 'tokens'});
      const unsecured = new UnsecuredJWT({role: 'admin'})
        .setIssuer('https://issuer.example')
        .setExpirationTime('1h');
      const payload = Buffer.from(unsecured.encode().split('.')[1] ?? '', 'base64url');
      const jwt = await signJws(kms(), publicKey, {protectedHeader: {alg: 'ES256', typ: 'JWT'}, payload});
      const keys = createLocalJWKSet(structuredClone(toJwks(await kms().getPublicKeys())) as never);
      const verified = await jwtVerify(jwt, keys, {issuer: 'https://issuer.example'});
      expect(verified.payload['role']).to.equal('admin');
      const attempt = jwtVerify(jwt, keys, {issuer: 'https://other.example'});
      expect((await refused(attempt)).message).to.include('iss');
    });

    it('names the version in a JWS: what was signed before a rotation is verified after it', async () => {
      const {publicKey: first} = await kms().generateKeyPair('ed25519', {name: 'rotating'});
      const sign = () => signJws(kms(), first, {protectedHeader: {alg: 'EdDSA'}, payload: 'Text'});
      const old = await sign();
      await kms().rotateKey(first.kid);
      // By a public key that is not the newest any more.
      const current = await sign();
      const second = await kms().getPublicKey(first.kid);
      const both = createLocalJWKSet(structuredClone(toJwks([first, second])) as never);
      expect((await compactVerify(old, both)).protectedHeader.kid).to.equal(`${first.kid}?version=1`);
      expect((await compactVerify(current, both)).protectedHeader.kid).to.equal(`${first.kid}?version=2`);
      const onlySecond = createLocalJWKSet(structuredClone(toJwks([second])) as never);
      expect((await refused(compactVerify(old, onlySecond))).message).to.include('no applicable key');
      const named = await signJws(kms(), 'name:rotating', {protectedHeader: {alg: 'EdDSA'}, payload: 'Text'});
      expect((await compactVerify(named, onlySecond)).protectedHeader).to.deep.equal({alg: 'EdDSA'});
    });

    it('signs no JWS that says what it does not understand, or an algorithm that there is not', async () => {
      const {publicKey} = await kms().generateKeyPair('ecdsa-p256');
      for (const [protectedHeader, ErrorClass] of [
        [{alg: 'ES256', b64: false, crit: ['b64']}, MalformedRequestError],
        [{alg: 'none'}, NotSupportedError],
        [{alg: 'constructor'}, NotSupportedError],
        [{alg: 'ES384'}, NotSupportedError],
      ] as const) {
        const attempt = signJws(kms(), publicKey.kid, {protectedHeader, payload: ''});
        expect(await refused(attempt)).to.be.instanceOf(ErrorClass);
      }
    });

    it('opens the content key of what jose encrypted for the JWK Set', async () => {
      const {publicKey} = await kms().generateKeyPair('rsa2048');
      const jwk = toJwks([publicKey]).keys.find(({use}) => use === 'enc');
      const jwe = await new CompactEncrypt(Buffer.from('Text'))
        .setProtectedHeader({alg: 'RSA-OAEP-256', enc: 'A256GCM'})
        .encrypt(structuredClone(jwk) as never);
      const [header = '', key = '', ...rest] = jwe.split('.');
      const [nonce, ciphertext, tag] = rest.map((part) => Buffer.from(part, 'base64url'));
      const contentKey = await kms().decrypt(publicKey.kid, `webkms:v1:${key}`);
      const decipher = createDecipheriv('aes-256-gcm', contentKey, nonce!, {authTagLength: 16});
      decipher.setAAD(Buffer.from(header)).setAuthTag(tag!);
      expect(Buffer.concat([decipher.update(ciphertext!), decipher.final()]).toString()).to.equal('Text');
    });

    for (const [name, {alg, type, context, suite}] of Object.entries(SUITES)) {
      it(`signs credentials with ${name}, for the official verifier`, async () => {
        const {publicKey} = await kms().generateKeyPair(alg);
        const publicKeyMultibase = multibase(publicKey);
        const did = `did:key:${publicKeyMultibase}`;
        const id = `${did}#${publicKeyMultibase}`;
        const documentLoader = loaderFor({
          '@context': context,
          id,
          type,
          controller: did,
          publicKeyMultibase,
        });
        const signer = await kmsSigner(kms(), publicKey.kid, {id});
        const purpose = new signatures.purposes.AssertionProofPurpose();
        const credential = await signatures.sign(
          {...CREDENTIAL, issuer: did},
          {suite: suite(signer), purpose, documentLoader},
        );
        expect(credential['proof']).to.include({verificationMethod: id});
        const options = {suite: suite(), purpose, documentLoader};
        const {verified, error} = await signatures.verify(credential, options);
        expect(verified, String(error)).to.equal(true);
        const forged = {...credential, credentialSubject: {id: 'did:example:other', alumniOf: 'Elsewhere'}};
        expect((await signatures.verify(forged, options)).verified).to.equal(false);
      });
    }

    it('makes no signers of keys that no suite signs with', async () => {
      const {publicKey} = await kms().generateKeyPair('rsa2048');
      expect(await refused(kmsSigner(kms(), publicKey.kid))).to.be.instanceOf(NotSupportedError);
      const {id, algorithm} = await kmsSigner(kms(), publicKey.kid, {algorithm: 'PS256'});
      expect([id, algorithm]).to.deep.equal([publicKey.kid, 'PS256']);
    });
  });
}

function multibase({raw}: PublicKey): string {
  return formatPublicKey(KEY_TYPES.Ed25519VerificationKey2020.publicKey!, raw);
}
