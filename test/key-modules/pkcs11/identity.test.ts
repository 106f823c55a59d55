import {createCipheriv} from 'node:crypto';
import {expect} from 'chai';
import {InternalError} from '../../../lib/errors.ts';
import {newKey, rejection} from '../../../lib/key-module-suite/fixtures.ts';
import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import {objectLabel, parseLabel} from '../../../lib/key-modules/pkcs11/key-reference.ts';
import {Pkcs11KeyModule} from '../../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import {CKA, CKK, CKM, CKO} from '../../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {SecondHandle} from '../../pkcs11/second-handle.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const P256 = 'urn:webkms:multikey:P-256';

describe('which key of a token of PKCS #11 is used', () => {
  let closing: AsyncDisposableStack;
  let module: Pkcs11KeyModule;
  let other: SecondHandle;
  before(async function () {
    closing = new AsyncDisposableStack();
    const hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    module = new Pkcs11KeyModule({token: await Pkcs11Token.open(hsm.options())});
    closing.defer(() => module.close());
    other = new SecondHandle(hsm);
  });
  after(() => closing.disposeAsync());

  it('is the one of the reference, and of that identity alone', async () => {
    const [a, b] = [await newKey(module, AES), await newKey(module, AES)];
    const data = Buffer.from('data');
    await module.encrypt(a, data);
    await module.encrypt(b, data);
    const others: readonly KeyVersion[] = [
      {...a, material: b.material},
      {...a, version: 2},
      {...a, localKeyId: b.localKeyId},
      {...a, keystoreId: `${a.keystoreId}B`},
      {...a, type: 'AesKeyWrappingKey2019'},
      {...a, material: Buffer.alloc(17, 1)},
      {...a, material: a.material.subarray(1)},
      {...a, material: new Uint8Array()},
    ];
    for (const key of others) {
      const used = key.type === AES ? module.encrypt(key, data) : module.wrapKey(key, Buffer.alloc(16));
      expect(await rejection(used)).to.be.instanceOf(InternalError);
    }
    expect(await module.encrypt(a, data)).to.have.length(32);
  });

  it('is the private key of the stored public key: a signature of another is never given away', async () => {
    const [a, b] = [await newKey(module, P256), await newKey(module, P256)];
    const data = Buffer.from('data');
    expect(await rejection(module.sign({...a, publicKey: b.publicKey!}, data))).to.be.instanceOf(
      InternalError,
    );
    expect(await rejection(module.sign({...a, publicKey: Buffer.alloc(33, 2)}, data))).to.be.instanceOf(
      InternalError,
    );
    const {publicKey, ...without} = a;
    expect(publicKey).to.have.length(33);
    expect(await rejection(module.sign(without, data))).to.be.instanceOf(InternalError);
    expect(await module.sign(a, data)).to.have.length(64);
  });

  describe('is none that somebody who has the PIN has put in its place', () => {
    const data = Buffer.from('data');

    /** @param make puts another object there, by the same names */
    async function replaced(
      make: (session: Buffer, named: {type: number; value: Buffer | string}[]) => unknown,
    ): Promise<KeyVersion> {
      const key = await newKey(module, AES);
      await module.encrypt(key, data);
      const label = objectLabel(key);
      other.withSession((session) => {
        for (const object of other.find(session, label)) other.binding.C_DestroyObject(session, object);
        make(session, [
          {type: CKA.ID, value: Buffer.from(key.material.subarray(1))},
          {type: CKA.LABEL, value: label},
        ]);
      });
      return key;
    }

    const template = (extractable: boolean): {type: number; value: boolean}[] => [
      {type: CKA.TOKEN, value: true},
      {type: CKA.PRIVATE, value: true},
      {type: CKA.SENSITIVE, value: true},
      {type: CKA.EXTRACTABLE, value: extractable},
      {type: CKA.ENCRYPT, value: true},
      {type: CKA.DECRYPT, value: true},
    ];

    it('and knows; what was encrypted by one that was put back from a backup is decrypted', async () => {
      const value = Buffer.alloc(32, 7);
      const key = await replaced((session, named) =>
        other.binding.C_CreateObject(session, [
          {type: CKA.CLASS, value: CKO.SECRET_KEY},
          {type: CKA.KEY_TYPE, value: CKK.AES},
          {type: CKA.VALUE, value},
          ...template(false),
          ...named,
        ]),
      );
      expect(await rejection(module.encrypt(key, data))).to.be.instanceOf(InternalError);
      expect(await rejection(module.checkKey(key))).to.be.instanceOf(InternalError);
      const nonce = Buffer.alloc(12, 1);
      const cipher = createCipheriv('aes-256-gcm', value, nonce);
      const parts = [nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()];
      expect(Buffer.from((await module.decrypt(key, Buffer.concat(parts)))!)).to.deep.equal(data);
    });

    for (const extractable of [true, false]) {
      it(`and that was made there, ${extractable ? 'but can leave' : 'which nobody can tell from it'}`, async () => {
        const key = await replaced((session, named) =>
          other.binding.C_GenerateKey(session, {mechanism: CKM.AES_KEY_GEN}, [
            {type: CKA.VALUE_LEN, value: 32},
            ...template(extractable),
            ...named,
          ]),
        );
        const used = module.encrypt(key, data);
        if (extractable) expect(await rejection(used)).to.be.instanceOf(InternalError);
        else expect(await used).to.have.length(32);
      });
    }
  });

  it('is told by labels, which are read as they are written', async () => {
    const key = await newKey(module, P256);
    expect(parseLabel(objectLabel(key))).to.deep.equal({
      keystore: 'z1A',
      localKeyId: key.localKeyId,
      version: 1,
    });
    for (const label of [
      '',
      'webkms:',
      'webkms:a/b',
      'webkms:a/b#0',
      'webkms:a/b#01',
      'x:a/b#1',
      'webkms:a/b/c#1',
      'webkms:a/b#1 ',
    ]) {
      expect(parseLabel(label), label).to.equal(undefined);
    }
  });
});
