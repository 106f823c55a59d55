import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {LocalKms} from '../../../lib/client/local/local-kms.ts';
import {
  InternalError,
  KeyPolicyError,
  KeyStateError,
  NotFoundError,
  NotSupportedError,
} from '../../../lib/errors.ts';
import {parseLabel} from '../../../lib/key-modules/pkcs11/key-reference.ts';
import {rejection} from '../../../lib/key-module-suite/fixtures.ts';
import {CKA} from '../../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {controller} from '../../support/did-key.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

const DATA = Buffer.from('data');

describe('keys in a token of PKCS #11, of a key management service', () => {
  let closing: AsyncDisposableStack;
  let hsm: SoftHsmToken;
  let dataDir: string;
  let now = Date.now();

  beforeEach(async function () {
    closing = new AsyncDisposableStack();
    hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-hsm-'));
    closing.defer(() => rm(dataDir, {recursive: true, force: true}));
  });
  afterEach(() => closing.disposeAsync());

  async function withKms<T>(
    work: (kms: LocalKms) => Promise<T>,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const kms = await LocalKms.open({
      dataDir,
      controller: controller('hsm').did,
      clock: () => now,
      environment: {...hsm.settings, WEBKMS_KEY_MIN_RECOVERY_WINDOW: '1s', ...environment},
    });
    try {
      return await work(kms);
    } finally {
      await kms.destroy();
    }
  }

  /** The labels of what the token holds. */
  async function objects(): Promise<string[]> {
    const token = await Pkcs11Token.open(hsm.options({stateDir: dataDir, sessions: 1}));
    try {
      const found = await token.list([{type: CKA.TOKEN, value: true}], [CKA.LABEL]);
      return found.map(({values: [label]}) => Buffer.from(label ?? []).toString()).sort();
    } finally {
      await token.close();
    }
  }

  it('have versions, states and policies, are there after a restart, and erased when they are destroyed', async () => {
    const {kid, first, ciphertext, secret} = await withKms(async (kms) => {
      const {privateKey} = await kms.generateKeyPair('ecdsa-p256');
      const signed = await kms.sign(privateKey.jwk.kid, DATA);
      const aes = await kms.generateKey('aes256', {policy: {allowedOperations: ['encrypt', 'decrypt']}});
      const made = {kid: privateKey.jwk.kid, first: signed.signature, secret: aes.jwk.kid};
      return {...made, ciphertext: await kms.encrypt(aes.jwk.kid, DATA)};
    });
    expect(await objects()).to.have.length(2);
    await withKms(async (kms) => {
      expect(await kms.verify(kid, DATA, first)).to.equal(true);
      await kms.rotateKey(kid);
      const second = await kms.sign(kid, DATA);
      expect(second.keyVersion).to.equal(2);
      expect(await kms.verify(kid, DATA, second.signature)).to.equal(true);
      await kms.rotateKey(secret);
      expect(Buffer.from(await kms.decrypt(secret, ciphertext))).to.deep.equal(DATA);
      await kms.disableKey(secret, {keyVersion: 1});
      expect(await rejection(kms.decrypt(secret, ciphertext))).to.be.instanceOf(KeyStateError);
      await kms.disableKey(kid);
      expect(await rejection(kms.sign(kid, DATA))).to.be.instanceOf(KeyStateError);
      await kms.enableKey(kid);
      await kms.updateKey(secret, {policy: {allowedOperations: ['decrypt']}});
      expect(await rejection(kms.encrypt(secret, DATA))).to.be.instanceOf(KeyPolicyError);
      const refused = kms.importPrivateKey({raw: Buffer.alloc(32, 1)}, {alg: 'aes256'});
      expect(await rejection(refused)).to.be.instanceOf(NotSupportedError);
    });
    const labels = await objects();
    expect(labels.map(parseLabel).map((label) => label?.version)).to.have.members([1, 2, 1, 2]);
    await withKms(async (kms) => {
      await kms.deleteKey(kid, {recoveryWindowSeconds: 1});
      expect(await rejection(kms.sign(kid, DATA))).to.be.instanceOf(KeyStateError);
    });
    expect(await objects()).to.deep.equal(labels);
    // What is due is done at the start.
    now += 2000;
    await withKms(async (kms) => {
      expect(await rejection(kms.getKey(kid))).to.be.instanceOf(NotFoundError);
      await kms.enableKey(secret, {keyVersion: 1});
      expect(Buffer.from(await kms.decrypt(secret, ciphertext))).to.deep.equal(DATA);
    });
    const left = labels.filter((label) => !label.includes(localIdOf(kid)));
    expect(left).to.have.length(2);
    expect(await objects()).to.deep.equal(left);
  });

  it('that are not in the token (any more) do nothing, and the others do', async () => {
    await withKms(async (kms) => {
      const lost = (await kms.generateKeyPair('ed25519')).privateKey.jwk.kid;
      const kept = (await kms.generateKeyPair('ed25519')).privateKey.jwk.kid;
      const token = await Pkcs11Token.open(hsm.options({stateDir: dataDir, sessions: 1}));
      for (const {values} of await token.list(
        [{type: CKA.TOKEN, value: true}],
        [CKA.LABEL, CKA.ID, CKA.CLASS],
      )) {
        const [label, id, type] = values.map((value) => Buffer.from(value ?? []));
        if (label?.toString().includes(localIdOf(lost)))
          await token.destroy({class: type!.readUInt8(), id: id!});
      }
      await token.close();
      expect(await rejection(kms.sign(lost, DATA))).to.be.instanceOf(InternalError);
      expect(await kms.verify(kept, DATA, (await kms.sign(kept, DATA)).signature)).to.equal(true);
    });
  });

  it('are not served where the token cannot be used, and it is said why', async () => {
    const wrong = join(hsm.directory, 'wrong');
    await writeFile(wrong, '000000\n', {mode: 0o600});
    for (const [settings, message] of [
      [{WEBKMS_PKCS11_LIBRARY: '/no/library.so'}, /library \/no\/library.so cannot be found/],
      [{WEBKMS_PKCS11_TOKEN: 'other'}, /no token label "other"; the library shows "webkms-test"/],
      [{WEBKMS_PKCS11_PIN_FILE: '/no/pin'}, /PIN file \/no\/pin does not exist/],
      [{WEBKMS_PKCS11_PIN_FILE: wrong}, /refused the PIN in .*wrong\. It is not tried again/],
      [{WEBKMS_PKCS11_PIN_FILE: wrong}, /refused the PIN in .*wrong, and it is not tried again/],
    ] as const) {
      const error = await rejection(withKms(async () => undefined, settings));
      expect(error.message)
        .to.match(/^The key module pkcs11 cannot be used: /)
        .and.to.match(message);
    }
    await withKms((kms) => kms.generateKey('aes256'));
  });
});

function localIdOf(kid: string): string {
  return kid.slice(kid.lastIndexOf('/') + 1);
}
