import {createPrivateKey} from 'node:crypto';
import {expect} from 'chai';
import {
  KeyPolicyError,
  KeyStateError,
  MalformedRequestError,
  NotFoundError,
  NotSupportedError,
} from '../../lib/errors.ts';
import type {KeyModule} from '../../lib/key-modules/key-module.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {usableKey, type UsableKey} from '../../lib/operations/usable-key.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {BBS_TYPES, outsideKey, PAIR_TYPES, SYMMETRIC_TYPES} from '../keys/outside-keys.ts';
import {generateRecord, generateUsableKey, software} from './fixtures.ts';
import {exportFrom, importKey, opened, outsideJwk, RECIPIENT} from './import-export.ts';

const P256: KeyType = 'urn:webkms:multikey:P-256';
const EXPORTABLE = {policy: {exportable: true}};
const CLEAR = {plaintext: true} as const;

async function refusal(key: UsableKey, options: Parameters<typeof exportFrom>[1] = CLEAR): Promise<Error> {
  return rejection(exportFrom(key, options));
}

describe('ExportKeyOperation', () => {
  for (const type of [...PAIR_TYPES, ...SYMMETRIC_TYPES]) {
    it(`gives a key of type ${type.name} as it was imported: in clear, and to its recipient`, async () => {
      const jwk = outsideJwk(type);
      const key = await importKey(type.name, {format: 'jwk', jwk});
      const inClear = await exportFrom(key);
      expect(inClear).to.deep.include({format: 'jwk', keyVersion: 1});
      expect(Object.keys(inClear)).to.have.members(['format', 'keyVersion', 'jwk']);
      expect(inClear.jwk).to.deep.include(jwk);
      const wrapped = await exportFrom(key, {recipient: RECIPIENT});
      expect(Object.keys(wrapped)).to.have.members([
        'format',
        'keyVersion',
        'wrappedKey',
        'encryptedWrappingKey',
      ]);
      expect(JSON.parse(opened(wrapped)!.toString())).to.deep.equal(inClear.jwk);
      const format = type.publicKey ? 'pkcs8' : 'raw';
      const {data = ''} = await exportFrom(key, {...CLEAR, format});
      const bytes = Buffer.from(data, 'base64url');
      if (type.publicKey) {
        const privateKey = createPrivateKey({key: bytes, format: 'der', type: 'pkcs8'});
        expect(privateKey.equals(outsideKey(type).privateKey)).to.equal(true);
      } else {
        expect(bytes.toString('base64url')).to.equal(jwk['k']);
      }
      expect(opened(await exportFrom(key, {recipient: RECIPIENT, format}))).to.deep.equal(bytes);
      const again = await importKey(type.name, {format, data});
      expect((await exportFrom(again)).jwk, 'import ∘ export = id').to.deep.equal(inClear.jwk);
    });
  }

  it('gives a key that was generated here', async () => {
    const key = await generateUsableKey(P256, EXPORTABLE);
    const {data = ''} = await exportFrom(key, {...CLEAR, format: 'pkcs8'});
    const privateKey = createPrivateKey({key: Buffer.from(data, 'base64url'), format: 'der', type: 'pkcs8'});
    expect(privateKey.asymmetricKeyDetails).to.deep.equal({namedCurve: 'prime256v1'});
  });

  it('gives the newest version, or the one that is asked for', async () => {
    const record = await generateRecord(P256, {...EXPORTABLE, versions: 3});
    const key = usableKey(record, software);
    const publicPart = async (keyVersion?: number) => {
      const reply = await exportFrom(key, {...CLEAR, ...(keyVersion !== undefined && {keyVersion})});
      const {x, y} = reply.jwk as {x: string; y: string};
      return {version: reply.keyVersion, x, y};
    };
    const expected = (version: number) => {
      const {publicKey} = record.versions[version - 1]!;
      return {version, x: Buffer.from(publicKey!).subarray(1).toString('base64url')};
    };
    expect(await publicPart()).to.deep.include(expected(3));
    for (const version of [1, 2, 3]) expect(await publicPart(version)).to.deep.include(expected(version));
    const error = await refusal(key, {...CLEAR, keyVersion: 4});
    expect(error).to.be.instanceOf(NotFoundError);
  });

  it('gives no version that is disabled, retired or destroyed', async () => {
    const record = await generateRecord(P256, {...EXPORTABLE, versions: 3});
    const [first, second, third] = record.versions;
    const destroyed = {version: first!.version, createdAt: first!.createdAt, state: 'destroyed' as const};
    const cases: Record<string, KeyRecord> = {
      disabled: {...record, versions: [{...first!, state: 'disabled'}, second!, third!]},
      destroyed: {...record, versions: [destroyed, second!, third!]},
      retired: {...record, policy: {exportable: true, minDecryptVersion: 2}},
    };
    for (const [state, changed] of Object.entries(cases)) {
      const key = usableKey(changed, software);
      const error = await refusal(key, {...CLEAR, keyVersion: 1});
      expect(error, state).to.be.instanceOf(KeyStateError).with.deep.property('details', {state});
      expect((await exportFrom(key, {...CLEAR, keyVersion: 2})).keyVersion).to.equal(2);
    }
  });

  it('gives no key that its policy does not let go', async () => {
    for (const policy of [undefined, {}, {exportable: false}, {deletionProtection: true}]) {
      const key = await generateUsableKey(P256, policy ? {policy} : {});
      const error = await refusal(key);
      expect(error).to.be.instanceOf(KeyPolicyError).with.deep.property('details', {policy: 'exportable'});
    }
    expect((await exportFrom(await generateUsableKey(P256, EXPORTABLE))).format).to.equal('jwk');
  });

  it('gives no key that does nothing', async () => {
    const record = await generateRecord(P256, EXPORTABLE);
    const deletion = {requestedAt: 1, destroyAt: 2_000_000, restoresTo: 'enabled' as const};
    const cases: Record<string, KeyRecord> = {
      disabled: {...record, state: 'disabled'},
      pendingDeletion: {...record, state: 'pendingDeletion', deletion},
      deleted: {...record, state: 'deleted', deletion},
      created: {...record, policy: {exportable: true, usageWindow: {notBefore: 1001}}},
    };
    for (const [state, changed] of Object.entries(cases)) {
      const error = await refusal(usableKey(changed, software));
      expect(error, state).to.be.instanceOf(KeyStateError).with.deep.property('details', {state});
    }
    const expired = {...record, policy: {exportable: true, usageWindow: {notAfter: 1000}}};
    expect((await exportFrom(usableKey(expired, software))).keyVersion).to.equal(1);
  });

  it('must be told who is to read it, and that they can', async () => {
    const key = await generateUsableKey(P256, EXPORTABLE);
    for (const options of [{}, {...CLEAR, recipient: RECIPIENT}, {format: 'jwk' as const}]) {
      const error = await refusal(key, options);
      expect(error).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.match(/^Either "recipient" or "plaintext"/);
    }
    const ec = outsideKey(KEY_TYPES[P256]).publicKey.export({format: 'der', type: 'spki'});
    for (const publicKey of [ec.toString('base64url'), '', 'AAAA', 'AR']) {
      const error = await refusal(key, {recipient: {publicKey}});
      expect(error).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.include('"publicKey" must be');
    }
  });

  it('gives a type in the formats that it has, and no BBS key', async () => {
    const pair = await generateUsableKey(P256, EXPORTABLE);
    expect(await refusal(pair, {...CLEAR, format: 'raw'}))
      .to.be.instanceOf(NotSupportedError)
      .with.deep.property('details', {supported: ['jwk', 'pkcs8']});
    const symmetric = await generateUsableKey('Sha256HmacKey2019', EXPORTABLE);
    expect(await refusal(symmetric, {...CLEAR, format: 'pkcs8'})).to.be.instanceOf(NotSupportedError);
    const bbs = await generateUsableKey(BBS_TYPES[0]!.name, EXPORTABLE);
    for (const format of ['jwk', 'pkcs8', 'raw'] as const)
      expect(await refusal(bbs, {...CLEAR, format})).to.be.instanceOf(NotSupportedError);
    expect(await refusal(bbs)).to.be.instanceOf(NotSupportedError);
  });

  it('is refused where the key module does not export', async () => {
    const module: KeyModule = Object.assign(Object.create(software) as KeyModule, {exportKey: undefined});
    const error = await refusal(usableKey(await generateRecord(P256, EXPORTABLE), module));
    expect(error).to.be.instanceOf(NotSupportedError);
    expect(error.message).to.equal("The keystore's key module does not let keys of this type leave.");
  });

  it('zeroes what the key module gave', async () => {
    const given: Uint8Array[] = [];
    const exportKey: KeyModule['exportKey'] = async (version) => {
      const secret = await software.exportKey(version);
      given.push(secret);
      return secret;
    };
    const module: KeyModule = Object.assign(Object.create(software) as KeyModule, {exportKey});
    const key = usableKey(await generateRecord(P256, EXPORTABLE), module);
    const {jwk} = await exportFrom(key);
    expect((jwk as {d: string}).d).to.not.equal(Buffer.alloc(32).toString('base64url'));
    expect(given).to.deep.equal([new Uint8Array(32)]);
  });
});
