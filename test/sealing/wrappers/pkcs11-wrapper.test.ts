import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {CKA, CKM, CKO} from '../../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {RootOfTrustError, type RootOfTrustReason} from '../../../lib/sealing/root-of-trust-error.ts';
import type {RootWrapper, RootWrapperScheme} from '../../../lib/sealing/root-wrapper.ts';
import {NO_SECRETS, OpeningSecrets} from '../../../lib/sealing/secrets.ts';
import {pkcs11RootWrappers} from '../../../lib/sealing/wrappers/pkcs11-wrapper.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';
import {expectRejection} from '../expect-rejection.ts';
import {describeWrapper} from '../wrapper.suite.ts';

const access = {secrets: new OpeningSecrets(NO_SECRETS)};
const place = Buffer.from('record 1');

function schemeOf({library, label, pinFile, directory}: SoftHsmToken): RootWrapperScheme {
  return pkcs11RootWrappers({library, tokenLabel: label, pinFile, stateDir: `${directory}/state`});
}

describe('Pkcs11Wrapper', function () {
  this.timeout(60_000);
  let token: SoftHsmToken;
  const tokens: SoftHsmToken[] = [];
  let scheme: RootWrapperScheme;
  const opened: RootWrapper[] = [];

  const keep = async (wrapper: Promise<RootWrapper>): Promise<RootWrapper> => {
    opened.push(await wrapper);
    return wrapper;
  };
  const create = (uri: string): Promise<RootWrapper> => keep(scheme.create(uri, access));
  const open = (uri: string): Promise<RootWrapper> => keep(scheme.open(uri, access));
  const refused = async (work: Promise<RootWrapper>, reason: RootOfTrustReason): Promise<string> => {
    const error = await expectRejection(work, RootOfTrustError);
    expect(error.reason).to.equal(reason);
    return error.message;
  };

  before(async function () {
    token = await SoftHsmToken.create(this);
    tokens.push(token);
    scheme = schemeOf(token);
  });
  afterEach(async () => {
    for (const wrapper of opened.splice(0)) await wrapper.close();
  });
  after(async () => {
    for (const made of tokens) await made.delete();
  });

  describeWrapper({
    name: 'pkcs11:',
    create: async () => {
      const [wrapper, foreign] = [
        await scheme.create('pkcs11:object=suite-1', access),
        await scheme.create('pkcs11:object=suite-2', access),
      ];
      return {wrapper, foreign, close: () => wrapper.close().then(() => foreign.close())};
    },
  });

  it('opens, after it was closed, what it sealed before', async () => {
    const first = await create('pkcs11:object=again');
    const blob = await first.seal(Buffer.from('a secret'), place);
    await first.close();
    const second = await open('pkcs11:object=again');
    expect(second.keyId)
      .to.equal(first.keyId)
      .and.match(/^[A-Za-z0-9_-]{22}$/);
    expect(Buffer.from(await second.open(blob, place)).toString()).to.equal('a secret');
    await second.check();
  });

  it('makes a key that never leaves the token', async () => {
    await create('pkcs11:object=kept');
    const direct = await Pkcs11Token.open(token.options());
    try {
      const read = [CKA.SENSITIVE, CKA.EXTRACTABLE, CKA.VALUE, CKA.PRIVATE, CKA.WRAP];
      const [key] = await direct.list([{type: CKA.LABEL, value: 'kept'}], read);
      expect(key?.values.map((value) => value?.[0])).to.deep.equal([1, 0, undefined, 1, 0]);
    } finally {
      await direct.close();
    }
  });

  it('is made once, also where two make it at the same time', async () => {
    const message = await refused(scheme.open('pkcs11:object=once', access), 'missing');
    expect(message).to.include('no secret key "once" in the token webkms-test');
    await create('pkcs11:object=once');
    await refused(create('pkcs11:object=once'), 'exists');
    const made = await Promise.allSettled([create('pkcs11:object=both'), create('pkcs11:object=both')]);
    expect(made.filter(({status}) => status === 'fulfilled')).to.have.length(1);
    await open('pkcs11:object=both');
  });

  it('is opened by its id, under which none is made', async () => {
    const direct = await Pkcs11Token.open(token.options());
    try {
      await create('pkcs11:object=by-id');
      const [key] = await direct.list([{type: CKA.LABEL, value: 'by-id'}], [CKA.ID]);
      const id = Array.from(key?.values[0] ?? [], (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(
        '',
      );
      const byLabel = await open('pkcs11:object=by-id');
      expect((await open(scheme.normalize(`pkcs11:id=${id}`))).keyId).to.equal(byLabel.keyId);
      expect(await refused(create('pkcs11:id=%01%02'), 'missing')).to.include('none is made by an id');
    } finally {
      await direct.close();
    }
  });

  it('refuses keys that are not AES-256, that can leave, or that are not the only ones', async () => {
    const direct = await Pkcs11Token.open(token.options());
    const make = (label: string, id: number, length: number, extractable: boolean, sensitive = true) =>
      direct.generateKey({class: CKO.SECRET_KEY, id: Buffer.of(9, id)}, {mechanism: CKM.AES_KEY_GEN}, [
        ...[CKA.TOKEN, CKA.PRIVATE, CKA.ENCRYPT, CKA.DECRYPT].map((type) => ({type, value: true})),
        {type: CKA.SENSITIVE, value: sensitive},
        {type: CKA.EXTRACTABLE, value: extractable},
        {type: CKA.LABEL, value: label},
        {type: CKA.VALUE_LEN, value: length},
      ]);
    try {
      await make('short', 1, 16, false);
      expect(await refused(open('pkcs11:object=short'), 'malformed')).to.include('is no AES-256 key');
      await make('wrappable', 2, 32, true);
      expect(await refused(open('pkcs11:object=wrappable'), 'permissions')).to.include('can be taken out');
      await make('readable', 3, 32, false, false);
      await refused(open('pkcs11:object=readable'), 'permissions');
      await make('twins', 4, 32, false);
      await open('pkcs11:object=twins');
      await make('twins', 5, 32, false);
      expect(await refused(open('pkcs11:object=twins'), 'bad-setting')).to.include('Name one by its id');
      await open('pkcs11:object=twins;id=%09%05');
    } finally {
      await direct.close();
    }
  });

  it('says what its URI and the settings lack', async () => {
    const bare = pkcs11RootWrappers({stateDir: token.directory});
    const {label, library, pinFile} = token;
    const whole = `pkcs11:token=${label};object=whole?module-path=${library}&pin-source=file:${pinFile}`;
    for (const [uri, lacks] of [
      ['pkcs11:object=whole', 'token=<label>, and WEBKMS_PKCS11_TOKEN'],
      ['pkcs11:token=x;object=whole', '?module-path=<path>, and WEBKMS_PKCS11_LIBRARY'],
      [`pkcs11:token=x;object=whole?module-path=${library}`, 'WEBKMS_PKCS11_PIN_FILE'],
    ] as const)
      expect(await refused(bare.open(uri, access), 'bad-setting')).to.include(lacks);
    await keep(bare.create(whole, access));
    expect(() => bare.normalize('pkcs11:object=a?pin-value=1234')).to.throw(
      RootOfTrustError,
      'must not hold a PIN',
    );
  });

  it('is not made because the token cannot be reached, and says why', async () => {
    for (const [uri, why] of [
      ['pkcs11:token=nobody;object=a', 'There is no token label "nobody"'],
      ['pkcs11:object=a?module-path=/nowhere/lib.so', 'PKCS #11 library /nowhere/lib.so cannot be found'],
      ['pkcs11:object=a?pin-source=file:/nowhere/pin', 'PIN file /nowhere/pin does not exist'],
    ] as const)
      expect(await refused(open(uri), 'away'), uri).to.include(why);
    const wrong = await token.writePin('wrong', '99999999');
    const uri = `pkcs11:object=a?pin-source=file:${wrong}`;
    expect(await refused(open(uri), 'unreadable')).to.include('refused the PIN');
    expect(await refused(open(uri), 'unreadable')).to.include('it is not tried again');
  });

  it('is unavailable while the token is away, and there again when it is back', async () => {
    const wrapper = await create('pkcs11:object=away');
    const blob = await wrapper.seal(Buffer.from('a secret'), place);
    await token.remove();
    try {
      await expectRejection(wrapper.open(blob, place), UnavailableError);
      await expectRejection(wrapper.seal(blob, place), UnavailableError);
      expect((await expectRejection(wrapper.check(), RootOfTrustError)).reason).to.equal('away');
      await refused(scheme.open('pkcs11:object=away', access), 'away');
    } finally {
      await token.putBack();
    }
    // Its absence is believed for a second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(Buffer.from(await wrapper.open(blob, place)).toString()).to.equal('a secret');
    await wrapper.check();
  });

  it('notices that its key was deleted, or is another one', async () => {
    const wrapper = await create('pkcs11:object=gone');
    await wrapper.check();
    const direct = await Pkcs11Token.open(token.options());
    try {
      const [key] = await direct.list([{type: CKA.LABEL, value: 'gone'}], [CKA.ID]);
      await direct.destroy({class: CKO.SECRET_KEY, id: key?.values[0] ?? Buffer.of()});
      await expectRejection(wrapper.check(), RootOfTrustError);
      await expectRejection(wrapper.seal(place, place), UnavailableError);
      await wrapper.close();
      expect((await create('pkcs11:object=gone')).keyId).to.not.equal(wrapper.keyId);
    } finally {
      await direct.close();
    }
  });

  it('neither seals nor opens when it is closed, and shows nothing', async () => {
    const wrapper = await create('pkcs11:object=closed');
    const blob = await wrapper.seal(place, place);
    await wrapper.close();
    await expectRejection(wrapper.seal(place, place), UnavailableError);
    await expectRejection(wrapper.open(blob, place), UnavailableError);
    expect(JSON.stringify(wrapper)).to.equal('"[redacted]"');
    expect('exportSealer' in wrapper || 'exportSecret' in wrapper).to.be.false;
  });
});
