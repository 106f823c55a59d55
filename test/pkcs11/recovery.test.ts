import {createHash, randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {newKey, rejection} from '../../lib/key-module-suite/fixtures.ts';
import {Pkcs11KeyModule} from '../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import {Pkcs11Token} from '../../lib/pkcs11/pkcs11-token.ts';
import {TokenObjectMissingError} from '../../lib/pkcs11/token-object.ts';
import {CKM, CKO} from '../../lib/pkcs11/cryptoki.ts';
import type {KeyVersion} from '../../lib/key-modules/key-module.ts';
import {SoftHsmToken} from '../support/softhsm-token.ts';
import {SecondHandle} from './second-handle.ts';

const DATA = Buffer.from('data');

describe('a token of PKCS #11 that was lost', () => {
  let closing: AsyncDisposableStack;
  let hsm: SoftHsmToken;
  let token: Pkcs11Token;
  let module: Pkcs11KeyModule;
  let other: SecondHandle;
  let key: KeyVersion;
  let told: string[];

  beforeEach(async function () {
    closing = new AsyncDisposableStack();
    hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    told = [];
    const tell = (_: object, message?: string): void => void told.push(message ?? '');
    token = await Pkcs11Token.open(hsm.options({timeLimitMs: 2000, log: {info: tell, error: tell}}));
    module = new Pkcs11KeyModule({token});
    closing.defer(() => module.close());
    other = new SecondHandle(hsm);
    key = await newKey(module, 'urn:webkms:multikey:P-256');
  });
  afterEach(() => closing.disposeAsync());

  async function expectSigns(): Promise<void> {
    const signature = await module.sign(key, DATA);
    expect(await module.verify(key, DATA, signature)).to.equal(true);
  }

  for (const [what, lose] of [
    ['the login ended', () => other.logOut()],
    ['its sessions were closed', () => other.closeAllSessions()],
    [
      'both, and somebody else logged in',
      () => {
        other.closeAllSessions();
        other.logIn();
      },
    ],
  ] as const) {
    it(`signs, makes, finds and destroys keys after ${what}`, async () => {
      await expectSigns();
      lose();
      await expectSigns();
      lose();
      const made = await newKey(module, 'AesKeyWrappingKey2019');
      lose();
      const wrapped = await module.wrapKey(made, Buffer.alloc(32, 1));
      lose();
      expect(await module.unwrapKey(made, wrapped)).to.deep.equal(new Uint8Array(32).fill(1));
      lose();
      await module.checkKey(made);
      lose();
      await module.destroyKey(made);
      lose();
      await module.check();
      await expectSigns();
      expect(new Set(told)).to.deep.equal(new Set(['logged in to the token again']));
    });
  }

  it('says that it is away while it is, and works when it is back, also where the library must begin anew', async () => {
    await expectSigns();
    await hsm.remove();
    expect(await rejection(module.sign(key, DATA))).to.be.instanceOf(UnavailableError);
    expect(await rejection(module.check())).to.be.instanceOf(UnavailableError);
    expect(await rejection(newKey(module, 'Sha256HmacKey2019'))).to.be.instanceOf(UnavailableError);
    expect(await rejection(module.destroyKey(key))).to.be.instanceOf(UnavailableError);
    await hsm.putBack();
    for (;;) {
      const error = await module.check().catch((thrown: unknown) => thrown);
      if (!error) break;
      expect(error).to.be.instanceOf(UnavailableError);
    }
    await expectSigns();
    await module.checkKey(key);
    // Once each, however many asked for it.
    expect(told).to.deep.equal(['the token cannot be reached', 'the token is back']);
  });

  it('tells a key that is not there from a token that is away', async () => {
    const object = {class: CKO.PRIVATE_KEY, id: randomBytes(16)};
    const input = {
      mechanism: {mechanism: CKM.ECDSA},
      data: createHash('sha256').update(DATA).digest(),
      length: 64,
    };
    other.closeAllSessions();
    expect(await rejection(token.use('sign', object, input))).to.be.instanceOf(TokenObjectMissingError);
    await token.destroy(object);
    await hsm.remove();
    expect(await rejection(token.use('sign', object, input))).to.be.instanceOf(UnavailableError);
    await hsm.putBack();
  });
});
