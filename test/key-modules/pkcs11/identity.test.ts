import {expect} from 'chai';
import {InternalError} from '../../../lib/errors.ts';
import {newKey, rejection} from '../../../lib/key-module-suite/fixtures.ts';
import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import {objectLabel, parseLabel} from '../../../lib/key-modules/pkcs11/key-reference.ts';
import {Pkcs11KeyModule} from '../../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const P256 = 'urn:webkms:multikey:P-256';

describe('which key of a token of PKCS #11 is used', () => {
  let closing: AsyncDisposableStack;
  let module: Pkcs11KeyModule;
  before(async function () {
    closing = new AsyncDisposableStack();
    const hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    module = new Pkcs11KeyModule({token: await Pkcs11Token.open(hsm.options())});
    closing.defer(() => module.close());
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
