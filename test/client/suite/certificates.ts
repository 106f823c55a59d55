import {execFile} from 'node:child_process';
import {createPublicKey, verify, X509Certificate} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {createCertificationRequest} from '../../../lib/client/csr/certification-request.ts';
import {InvalidStateError, MalformedRequestError, NotSupportedError} from '../../../lib/errors.ts';
import {certify, readCsr, TestAuthority} from '../certificate-authority.ts';
import type {GetKms} from '../kms.suite.ts';
import {refused} from '../refused.ts';
import {withDirectory} from '../with-directory.ts';
import {needOpenssl} from '../../support/openssl-program.ts';

const SUBJECT = 'CN=Alice\\, Smith,OU=Keys+O=Example \\22AG\\22,C=CH';
const ALTERNATIVE_NAMES = {
  dns: ['alice.example'],
  uri: ['did:key:z6Mk'],
  email: ['alice@example.org'],
  ip: ['192.0.2.1', '2001:db8::1'],
};

/** By key type: how requests can be signed, and whether the machine's openssl reads them. */
const KEYS = {
  'ecdsa-p256': ['ES256'],
  'ecdsa-p384': ['ES384'],
  'ecdsa-p521': ['ES512'],
  'ecdsa-secp256k1': ['ES256K'],
  ed25519: ['EdDSA'],
  rsa2048: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
} as const;

export function describeCertificates(kms: GetKms): void {
  describe('certificates', () => {
    for (const [alg, algorithms] of Object.entries(KEYS)) {
      it(`requests certificates for ${alg} keys, verified by openssl`, async function () {
        needOpenssl(this);
        const {kid} = await kms().createKey(alg);
        for (const algorithm of [undefined, ...algorithms]) {
          const request = await createCertificationRequest(kms(), kid, {
            subject: SUBJECT,
            alternativeNames: ALTERNATIVE_NAMES,
            ...(algorithm && {algorithm}),
          });
          expect(await verifyWithOpenssl(request.pem)).to.equal(
            'subject=CN=Alice\\, Smith,O=Example \\"AG\\"+OU=Keys,C=CH\n',
          );
          const bent = Buffer.from(request.der);
          bent.writeUInt8(bent.readUInt8(40) ^ 1, 40);
          expect(await refused(verifyWithOpenssl(bent))).to.be.an('error');
        }
      });
    }

    it('says in the request what was asked for', async () => {
      const {publicKey} = await kms().generateKeyPair('ecdsa-p256');
      const {pem} = await createCertificationRequest(kms(), publicKey.kid, {
        subject: SUBJECT,
        alternativeNames: ALTERNATIVE_NAMES,
      });
      const csr = await readCsr(pem);
      expect(await csr.verify()).to.equal(true);
      expect(csr.publicKeyPem.trim()).to.equal(publicKey.toPem().trim());
      expect(csr.alternativeNames).to.have.deep.members([
        ['dns', 'alice.example'],
        ['url', 'did:key:z6Mk'],
        ['email', 'alice@example.org'],
        ['ip', '192.0.2.1'],
        ['ip', '2001:db8::1'],
      ]);
      const bare = await createCertificationRequest(kms(), publicKey.kid, {subject: ''});
      expect((await readCsr(bare.pem)).alternativeNames).to.deep.equal([]);
    });

    it('requests certificates for ML-DSA keys', async () => {
      const {publicKey} = await kms().generateKeyPair('ml-dsa-44');
      const {der} = await createCertificationRequest(kms(), publicKey.kid, {subject: 'CN=Alice'});
      const {info, signature} = splitRequest(der);
      expect(verify(null, info, createPublicKey(publicKey.toPem()), signature)).to.equal(true);
    });

    it('attaches a chain to a key, which comes back as x5c', async () => {
      const authority = await TestAuthority.create();
      const {publicKey} = await kms().generateKeyPair('ecdsa-p256');
      const {kid} = publicKey;
      const {pem} = await createCertificationRequest(kms(), kid, {subject: 'CN=Alice'});
      const certificate = await certify(authority, pem);
      const x5c = [certificate, authority.certificate];
      await kms().updateKey(kid, {x5c});
      const {jwk} = await kms().getPublicKey(kid);
      expect(jwk.x5c).to.deep.equal(x5c);
      const own = new X509Certificate(Buffer.from(x5c[0]!, 'base64'));
      expect(own.publicKey.export({format: 'pem', type: 'spki'})).to.equal(publicKey.toPem());
      expect((await kms().getPrivateKey(kid)).jwk.x5c).to.deep.equal(x5c);
      await kms().rotateKey(kid);
      expect((await kms().getPublicKey(kid)).jwk).to.not.have.property('x5c');
      expect((await kms().getPublicKey(kid, {version: 1})).jwk.x5c).to.deep.equal(x5c);
      const {kid: another} = await kms().createKey('ecdsa-p256');
      expect(await refused(kms().updateKey(another, {x5c}))).to.be.instanceOf(MalformedRequestError);
    });

    it('refuses what makes no request', async () => {
      const {kid} = await kms().createKey('ecdsa-p256');
      const {kid: bbs} = await kms().createKey('bbs-sha256');
      const {kid: secret} = await kms().createKey('aes256');
      const {kid: agreement} = await kms().createKey('x25519');
      for (const [of, options, ErrorClass] of [
        [bbs, {subject: 'CN=A'}, NotSupportedError],
        [secret, {subject: 'CN=A'}, NotSupportedError],
        [agreement, {subject: 'CN=A'}, NotSupportedError],
        [kid, {subject: 'CN=A', algorithm: 'ES384'}, NotSupportedError],
        [kid, {subject: 'CN'}, MalformedRequestError],
        [kid, {subject: 'C=Switzerland'}, MalformedRequestError],
        [kid, {subject: [{type: 'XX', value: 'A'}]}, MalformedRequestError],
        [kid, {subject: '', alternativeNames: {ip: ['localhost']}}, MalformedRequestError],
        [kid, {subject: '', alternativeNames: {dns: ['bücher.example']}}, MalformedRequestError],
      ] as const) {
        expect(await refused(createCertificationRequest(kms(), of, options))).to.be.instanceOf(ErrorClass);
      }
      const rotated = {
        getPublicKey: async () => {
          const publicKey = await kms().getPublicKey(kid);
          await kms().rotateKey(kid);
          return publicKey;
        },
        sign: kms().sign.bind(kms()),
      };
      const attempt = createCertificationRequest(rotated, kid, {subject: 'CN=A'});
      expect(await refused(attempt)).to.be.instanceOf(InvalidStateError);
    });
  });
}

/** @returns what it prints of the subject, as RFC 2253. @throws where the request does not verify */
async function verifyWithOpenssl(request: string | Uint8Array): Promise<string> {
  return withDirectory(async (directory) => {
    const file = join(directory, 'request');
    await writeFile(file, request);
    const form = typeof request === 'string' ? 'PEM' : 'DER';
    const {stdout, stderr} = await promisify(execFile)('openssl', [
      ...['req', '-verify', '-noout', '-subject', '-nameopt', 'RFC2253', '-inform', form, '-in', file],
    ]);
    // Its exit code does not tell in every release.
    if (!stderr.includes('verify OK')) throw new Error(stderr);
    return stdout;
  });
}

/** DER: SEQUENCE of the info, the algorithm, the BIT STRING; lengths of two bytes. */
function splitRequest(der: Uint8Array): {readonly info: Buffer; readonly signature: Buffer} {
  const bytes = Buffer.from(der);
  const infoEnd = 4 + 4 + bytes.readUInt16BE(6);
  const algorithmEnd = infoEnd + 2 + bytes.readUInt8(infoEnd + 1);
  return {info: bytes.subarray(4, infoEnd), signature: bytes.subarray(algorithmEnd + 5)};
}
