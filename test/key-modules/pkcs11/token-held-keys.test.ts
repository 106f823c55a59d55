import {expect} from 'chai';
import {newKey} from '../../../lib/key-module-suite/fixtures.ts';
import {decodeReference} from '../../../lib/key-modules/pkcs11/key-reference.ts';
import {Pkcs11KeyModule} from '../../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import {secretKeyTemplate} from '../../../lib/key-modules/pkcs11/templates.ts';
import {CKM, CKO} from '../../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

describe('keys that a token of PKCS #11 holds', () => {
  let closing: AsyncDisposableStack;
  let module: Pkcs11KeyModule;
  let token: Pkcs11Token;
  before(async function () {
    closing = new AsyncDisposableStack();
    const hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    token = await Pkcs11Token.open(hsm.options());
    closing.defer(() => token.close());
    module = new Pkcs11KeyModule({token: await Pkcs11Token.open(hsm.options())});
    closing.defer(() => module.close());
  });
  after(() => closing.disposeAsync());

  it('are listed by their labels, and destroyed with what is theirs alone: not what others gave the same id', async () => {
    const key = await newKey(module, 'urn:webkms:symmetric:AES-256-GCM');
    const id = decodeReference(key.material);
    const others = ['somebody else’s', 'webkms:zOther/zKey#1'].map((label) => ({
      ...{class: CKO.SECRET_KEY, id},
      label,
    }));
    for (const other of others)
      await token.generateKey(other, {mechanism: CKM.AES_KEY_GEN}, secretKeyTemplate('ENCRYPT'));
    const held = (await module.held.list()).find(({localKeyId}) => localKeyId === key.localKeyId);
    if (!held) throw new Error('It is not listed.');
    expect(held).to.deep.include({keystore: 'z1A', version: 1});
    await module.held.destroy(held);
    expect((await module.held.list()).map(({keystore}) => keystore)).to.deep.equal(['zOther']);
    for (const other of others) await token.assertExists(other);
    await module.held.destroy(held);
  });
});
