import {expect} from 'chai';
import {NotSupportedError, UnavailableError} from '../../../lib/errors.ts';
import {newIdentity, newKey, rejection} from '../../../lib/key-module-suite/fixtures.ts';
import {offeredKeyTypes} from '../../../lib/key-modules/key-type-support.ts';
import {Pkcs11KeyModule} from '../../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import {createTokenAlgorithms} from '../../../lib/key-modules/pkcs11/token-algorithms.ts';
import {generationFailure} from '../../../lib/key-modules/pkcs11/token-failure.ts';
import {createCryptoWorkers} from '../../../lib/key-modules/software/algorithms/crypto-jobs.ts';
import {CKA, CKM, CKR} from '../../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Error} from '../../../lib/pkcs11/pkcs11-error.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

describe('what a token of PKCS #11 lacks', () => {
  let closing: AsyncDisposableStack;
  beforeEach(() => {
    closing = new AsyncDisposableStack();
  });
  afterEach(() => closing.disposeAsync());

  it('is not offered, and refused before anything is made', async function () {
    // SoftHSM2 2.6.1 skips the first of those to leave out.
    const mechanisms = '-CKM_MD5,CKM_AES_GCM,CKM_ECDSA,CKM_RSA_X_509,CKM_SHA256_HMAC';
    const hsm = await SoftHsmToken.create(this, {mechanisms});
    closing.defer(() => hsm.delete());
    const token = await Pkcs11Token.open(hsm.options());
    const module = new Pkcs11KeyModule({token});
    closing.defer(() => module.close());
    expect(offeredKeyTypes(module)).to.have.members([
      ...['Ed25519VerificationKey2020', 'Ed25519VerificationKey2018', 'urn:webkms:multikey:Ed25519'],
      ...['X25519KeyAgreementKey2020', 'urn:webkms:multikey:X25519', 'AesKeyWrappingKey2019'],
      ...['256', '384', '521'].map((size) => `urn:webkms:multikey:ECDH-P-${size}`),
      ...['2048', '3072', '4096'].map((size) => `urn:webkms:multikey:RSA-${size}`),
    ]);
    expect(module.keyType('urn:webkms:multikey:RSA-2048')?.operations).to.deep.equal(['sign', 'verify']);
    for (const type of ['urn:webkms:multikey:P-256', 'urn:webkms:symmetric:AES-256-GCM'] as const) {
      expect(await rejection(module.generateKey(newIdentity(type)))).to.be.instanceOf(NotSupportedError);
    }
    expect(await token.list([{type: CKA.TOKEN, value: true}], [])).to.have.length(0);
    const rsa = await newKey(module, 'urn:webkms:multikey:RSA-2048');
    expect(await rejection(module.decrypt(rsa, Buffer.alloc(256)))).to.be.instanceOf(NotSupportedError);
    expect(await module.sign(rsa, Buffer.of(1))).to.have.length(256);
  });

  it('is told for each type by the mechanisms that it takes', async () => {
    const workers = createCryptoWorkers();
    closing.defer(() => workers.close());
    const algorithms = createTokenAlgorithms(workers);
    const all = new Set<number>(Object.values(CKM));
    for (const [name, {support}] of algorithms) expect(support(all), name).to.not.equal(undefined);
    for (const [name, {support}] of algorithms) expect(support(new Set()), name).to.equal(undefined);
    const x25519 = algorithms.get('X25519')?.support;
    expect(x25519?.(new Set([CKM.EC_MONTGOMERY_KEY_PAIR_GEN, CKM.ECDH1_DERIVE]))).to.not.equal(undefined);
    expect(x25519?.(new Set([CKM.EC_EDWARDS_KEY_PAIR_GEN, CKM.ECDH1_DERIVE]))).to.not.equal(undefined);
    expect(x25519?.(new Set([CKM.EC_KEY_PAIR_GEN, CKM.ECDH1_DERIVE]))).to.equal(undefined);
    const rsa = algorithms.get('RSA-2048')?.support;
    expect(rsa?.(new Set([CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.RSA_PKCS, CKM.RSA_X_509]))).to.equal(undefined);
    expect(rsa?.(new Set([CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.RSA_PKCS_PSS]))?.signatureAlgorithms).to.deep.equal([
      ...['PS256', 'PS384', 'PS512'],
    ]);
  });

  it('is told from a token that is full, and from one that fails', () => {
    for (const code of [CKR.DEVICE_MEMORY, CKR.HOST_MEMORY]) {
      const full = generationFailure(new Pkcs11Error('CKR_DEVICE_MEMORY', code));
      expect(full).to.be.instanceOf(UnavailableError).with.property('message').that.includes('no room');
    }
    for (const code of [CKR.CURVE_NOT_SUPPORTED, CKR.DOMAIN_PARAMS_INVALID, CKR.MECHANISM_INVALID]) {
      expect(generationFailure(new Pkcs11Error('CKR_CURVE_NOT_SUPPORTED', code))).to.be.instanceOf(
        NotSupportedError,
      );
    }
    const failed = generationFailure(new Pkcs11Error('CKR_GENERAL_ERROR', CKR.GENERAL_ERROR));
    expect(failed)
      .to.be.instanceOf(UnavailableError)
      .with.property('message')
      .that.includes('could not make');
  });
});
