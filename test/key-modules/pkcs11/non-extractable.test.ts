import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {newIdentity} from '../../../lib/key-module-suite/fixtures.ts';
import {offeredKeyTypes} from '../../../lib/key-modules/key-type-support.ts';
import {objectLabel} from '../../../lib/key-modules/pkcs11/key-reference.ts';
import {Pkcs11KeyModule} from '../../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import {CKA, CKM, CKO} from '../../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {SecondHandle} from '../../pkcs11/second-handle.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

const run = promisify(execFile);

const [PRIVATE_EXPONENT, PRIME_1] = [0x123, 0x124];
const [LOCAL, NEVER_EXTRACTABLE, ALWAYS_SENSITIVE] = [0x163, 0x164, 0x165];

describe('keys in a token of PKCS #11', () => {
  let closing: AsyncDisposableStack;
  let hsm: SoftHsmToken;
  let module: Pkcs11KeyModule;
  let other: SecondHandle;

  before(async function () {
    closing = new AsyncDisposableStack();
    hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    module = new Pkcs11KeyModule({token: await Pkcs11Token.open(hsm.options())});
    closing.defer(() => module.close());
    other = new SecondHandle(hsm);
  });
  after(() => closing.disposeAsync());

  it('never leave it, of no type: reading, wrapping, copying and changing them is refused by the token', async function () {
    this.timeout(120_000);
    const types = offeredKeyTypes(module);
    expect(types).to.have.length(18);
    const keys = await Promise.all(
      types.map(async (type) => {
        const id = newIdentity(type);
        return {...id, ...(await module.generateKey(id))};
      }),
    );
    for (const key of keys) {
      other.withSession((session) => {
        const {binding} = other;
        const [object, second] = other.find(session, objectLabel(key));
        if (!object) throw new Error(`There is no object of ${key.type}.`);
        // The public key is in the record alone.
        expect(second, key.type).to.equal(undefined);
        const read = (type: number): string =>
          binding.C_GetAttributeValue(session, object, [{type}])[0]?.value.toString('hex') ?? '';
        expect(read(CKA.ID)).to.equal(Buffer.from(key.material.subarray(1)).toString('hex'));
        for (const type of [
          CKA.SENSITIVE,
          CKA.PRIVATE,
          CKA.TOKEN,
          LOCAL,
          NEVER_EXTRACTABLE,
          ALWAYS_SENSITIVE,
        ]) {
          expect(read(type), `${key.type} ${type.toString(16)}`).to.equal('01');
        }
        expect(read(CKA.EXTRACTABLE)).to.equal('00');
        const isRsa = key.type.includes('RSA');
        for (const type of isRsa ? [PRIVATE_EXPONENT, PRIME_1] : [CKA.VALUE]) {
          expect(() => read(type), key.type).to.throw('CKR_ATTRIBUTE_SENSITIVE');
        }
        const wrapping = binding.C_GenerateKey(session, {mechanism: CKM.AES_KEY_GEN}, [
          {type: CKA.VALUE_LEN, value: 32},
          {type: CKA.WRAP, value: true},
        ]);
        for (const mechanism of [CKM.AES_KEY_WRAP, 0x210a]) {
          expect(
            () => binding.C_WrapKey(session, {mechanism}, wrapping, object, Buffer.alloc(8192)),
            key.type,
          ).to.throw('CKR_KEY_UNEXTRACTABLE');
        }
        for (const [type, value] of [
          [CKA.EXTRACTABLE, true],
          [CKA.SENSITIVE, false],
        ] as const) {
          expect(() => binding.C_SetAttributeValue(session, object, [{type, value}]), key.type).to.throw(
            /CKR_/,
          );
          expect(() => binding.C_CopyObject(session, object, [{type, value}]), key.type).to.throw(/CKR_/);
        }
        expect(read(CKA.EXTRACTABLE)).to.equal('00');
      });
    }
    await expectToolSaysSo(keys.length);
  });

  it('do nothing but what their type is for', async () => {
    const id = newIdentity('urn:webkms:multikey:P-256');
    await module.generateKey(id);
    other.withSession((session) => {
      const [object] = other.find(session, objectLabel(id));
      if (!object) throw new Error('There is no object.');
      const uses = [CKA.SIGN, CKA.DERIVE, CKA.DECRYPT, CKA.UNWRAP].map((type) =>
        other.binding.C_GetAttributeValue(session, object, [{type}])[0]?.value.toString('hex'),
      );
      expect(uses).to.deep.equal(['01', '00', '00', '00']);
      const [first] = other.binding.C_GetAttributeValue(session, object, [{type: CKA.CLASS}]);
      expect(first?.value.readUInt8()).to.equal(CKO.PRIVATE_KEY);
    });
  });

  /** The same, from another process. */
  async function expectToolSaysSo(count: number): Promise<void> {
    const {stdout} = await run(
      'pkcs11-tool',
      ['--module', hsm.library, '--token-label', hsm.label, '--login', '--pin', hsm.pin, '--list-objects'],
      {env: {...process.env, SOFTHSM2_CONF: hsm.configuration}},
    );
    const access = stdout.split('\n').filter((line) => line.includes('Access:'));
    expect(access).to.have.length(count);
    for (const line of access) {
      expect(line).to.match(/sensitive, always sensitive, never ext?ractable, local/);
    }
  }
});
