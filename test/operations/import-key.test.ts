import {createPublicKey, randomBytes} from 'node:crypto';
import {expect} from 'chai';
import type {OperationBody} from '../../schemas/kms-operations.ts';
import {MalformedRequestError, NotSupportedError, OperationFailedError} from '../../lib/errors.ts';
import {wrapForTransport} from '../../lib/keys/key-transport.ts';
import type {KeyModule} from '../../lib/key-modules/key-module.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import {planImportKey} from '../../lib/operations/import-key.ts';
import {rawPublicKey} from '../../lib/keys/public-key-codec/public-key-object.ts';
import {flipBit, rejection} from '../key-modules/fixtures.ts';
import {BBS_TYPES, outsideKey, PAIR_TYPES, SYMMETRIC_TYPES} from '../keys/outside-keys.ts';
import {KEYSTORE, NEW_KEYS, software} from './fixtures.ts';
import {importRecord, importTokens, outsideJwk} from './import-export.ts';

type Material = OperationBody<'ImportKeyOperation'>['keyMaterial'];

const P256: KeyType = 'urn:webkms:multikey:P-256';
const JWK = outsideJwk(KEY_TYPES[P256]);
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** Wraps for a new token of the keystore. */
async function wrap(bytes: Uint8Array, format: Material['format'] = 'jwk', keystoreId = KEYSTORE.id) {
  const {publicKey, importToken} = await importTokens.create(keystoreId);
  const key = createPublicKey({key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki'});
  const {wrappedKey, encryptedWrappingKey} = wrapForTransport(key, bytes);
  return {
    format,
    importToken,
    wrappedKey: base64url(wrappedKey),
    encryptedWrappingKey: base64url(encryptedWrappingKey),
  };
}

async function expectRefused(
  material: unknown,
  kind: new (...args: never[]) => Error,
  message: RegExp,
  type = P256,
): Promise<void> {
  const error = await rejection((async () => importRecord(type, material as Material))());
  expect(error).to.be.instanceOf(kind);
  expect(error.message).to.match(message);
}

describe('ImportKeyOperation', () => {
  for (const type of PAIR_TYPES) {
    it(`makes a key of type ${type.name} of a JWK, and of PKCS#8`, async () => {
      const {privateKey, publicKey} = outsideKey(type);
      const data = base64url(privateKey.export({format: 'der', type: 'pkcs8'}));
      const materials: Material[] = [
        {format: 'jwk', jwk: outsideJwk(type)},
        {format: 'pkcs8', data},
      ];
      for (const material of materials) {
        const record = await importRecord(type.name, material);
        expect(record).to.include({origin: 'imported', type: type.name, state: 'enabled', sequence: 0});
        expect(record.versions).to.have.length(1);
        expect(Buffer.from(record.versions[0]!.publicKey!)).to.deep.equal(rawPublicKey(type, publicKey));
      }
    });
  }

  for (const type of SYMMETRIC_TYPES) {
    it(`makes a key of type ${type.name} of a JWK, and of its bytes`, async () => {
      const data = base64url(randomBytes(32));
      for (const material of [
        {format: 'jwk', jwk: {kty: 'oct', k: data}},
        {format: 'raw', data},
      ] as const) {
        const record = await importRecord(type.name, material);
        expect(record.origin).to.equal('imported');
        expect(record.versions[0]).to.not.have.property('publicKey');
      }
    });
  }

  it('says of the key what GenerateKeyOperation does', async () => {
    const target = {
      keyOps: ['sign' as const],
      tags: {name: 'imported'},
      description: 'From elsewhere',
      maxCapabilityChainLength: 2,
      publicAlias: 'did:example:1#key',
      policy: {exportable: true, maxVersions: 3},
    };
    const record = await importRecord(P256, {format: 'jwk', jwk: JWK}, target);
    expect(record).to.deep.include(target);
    expect(record.versions[0]).to.include({version: 1, createdAt: NEW_KEYS.now, state: 'enabled'});
  });

  it('takes a key that nobody on the way can read', async () => {
    const jwk = Buffer.from(JSON.stringify(JWK));
    const record = await importRecord(P256, await wrap(jwk));
    expect(Buffer.from(record.versions[0]!.publicKey!)).to.deep.equal(
      rawPublicKey(KEY_TYPES[P256], outsideKey(KEY_TYPES[P256]).publicKey),
    );
    const pkcs8 = outsideKey(KEY_TYPES[P256]).privateKey.export({format: 'der', type: 'pkcs8'});
    const again = await importRecord(P256, await wrap(pkcs8, 'pkcs8'));
    expect(again.versions[0]!.publicKey).to.deep.equal(record.versions[0]!.publicKey);
    const raw = await wrap(randomBytes(32), 'raw');
    expect((await importRecord('Sha256HmacKey2019', raw)).origin).to.equal('imported');
  });

  it('uses a token up at its first decryption, whatever comes of it, with one answer to all that does not open', async () => {
    const jwk = Buffer.from(JSON.stringify(JWK));
    const good = await wrap(jwk);
    const another = await wrap(jwk);
    const flip = (text: string) => base64url(flipBit(Buffer.from(text, 'base64url'), 77));
    const wrong = [
      {wrappedKey: flip(good.wrappedKey)},
      {encryptedWrappingKey: flip(good.encryptedWrappingKey)},
      {encryptedWrappingKey: another.encryptedWrappingKey},
      {wrappedKey: '', encryptedWrappingKey: ''},
    ];
    const USED = /^The import token is not good for this keystore, or no longer/;
    for (const change of wrong) {
      const material = {...(await wrap(jwk)), ...change};
      await expectRefused(material, OperationFailedError, /^The operation failed\.$/);
      await expectRefused(material, MalformedRequestError, USED);
    }
    await importRecord(P256, good);
    await expectRefused(good, MalformedRequestError, USED);
    const malformed = await wrap(Buffer.from('{"kty":"EC"}'));
    await expectRefused(malformed, MalformedRequestError, /"crv" must be/);
    await expectRefused(malformed, MalformedRequestError, USED);
  });

  it('lets one of several imports with one token through', async () => {
    const material = await wrap(Buffer.from(JSON.stringify(JWK)));
    const race = await Promise.allSettled(Array.from({length: 5}, () => importRecord(P256, material)));
    expect(race.filter(({status}) => status === 'fulfilled')).to.have.length(1);
  });

  it('takes no token of another keystore', async () => {
    const material = await wrap(Buffer.from(JSON.stringify(JWK)), 'jwk', `${KEYSTORE.id}other`);
    await expectRefused(material, MalformedRequestError, /^The import token is not good/);
  });

  it('takes a key in exactly one way', async () => {
    const data = base64url(outsideKey(KEY_TYPES[P256]).privateKey.export({format: 'der', type: 'pkcs8'}));
    const wrapped = {importToken: 'AQ', wrappedKey: 'AQ', encryptedWrappingKey: 'AQ'};
    const {importToken, ...withoutToken} = wrapped;
    const bad = [
      {format: 'jwk'},
      {format: 'jwk', data},
      {format: 'pkcs8', jwk: JWK},
      {format: 'jwk', jwk: JWK, data},
      {format: 'pkcs8', data, jwk: JWK},
      {format: 'jwk', jwk: JWK, ...wrapped},
      {format: 'pkcs8', data, ...wrapped},
      {format: 'jwk', jwk: JWK, importToken},
      {format: 'jwk', ...withoutToken},
      {format: 'pkcs8', data, wrappedKey: 'AQ'},
    ];
    for (const material of bad)
      await expectRefused(material, MalformedRequestError, /^"keyMaterial" has beside "format" either/);
    await expectRefused(
      {format: 'pkcs8', data: 'AR'},
      MalformedRequestError,
      /^"data" must be unpadded base64url/,
    );
    await expectRefused(
      {...wrapped, format: 'jwk', wrappedKey: 'AR'},
      MalformedRequestError,
      /^"wrappedKey" must be/,
    );
    expect((await importRecord(P256, {format: 'pkcs8', data})).origin).to.equal('imported');
  });

  it('takes a type in the formats that it has', async () => {
    await expectRefused(
      {format: 'raw', data: base64url(randomBytes(32))},
      NotSupportedError,
      /no format raw/,
    );
    const pkcs8 = {format: 'pkcs8', data: 'MAA'};
    await expectRefused(pkcs8, NotSupportedError, /no format pkcs8/, 'Sha256HmacKey2019');
    for (const {name} of BBS_TYPES)
      for (const material of [
        {format: 'jwk', jwk: {kty: 'OKP'}},
        pkcs8,
        {format: 'raw', data: base64url(randomBytes(32))},
      ])
        await expectRefused(material, NotSupportedError, /stay where they were made/, name);
  });

  it('takes nothing that only arithmetic refuses: scalars out of range, members of an RSA key that do not belong together', async () => {
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const type = KEY_TYPES[P256];
    const key = (scalar: Buffer) =>
      Buffer.concat([
        Buffer.from('3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420', 'hex'),
        scalar,
      ]);
    const one = Buffer.alloc(32);
    one[31] = 1;
    const aboveOrder = Buffer.from(order);
    aboveOrder[31]! += 1;
    expect((await importRecord(P256, {format: 'pkcs8', data: base64url(key(one))})).type).to.equal(type.name);
    for (const scalar of [Buffer.alloc(32), order, aboveOrder, Buffer.alloc(32, 0xff)])
      await expectRefused(
        {format: 'pkcs8', data: base64url(key(scalar))},
        MalformedRequestError,
        /^This is not the secret of a key/,
      );
    const RSA: KeyType = 'urn:webkms:multikey:RSA-2048';
    const jwk = outsideJwk(KEY_TYPES[RSA]);
    expect((await importRecord(RSA, {format: 'jwk', jwk})).type).to.equal(RSA);
    for (const name of ['d', 'dp', 'dq', 'qi']) {
      const other = base64url(flipBit(Buffer.from(jwk[name] as string, 'base64url'), 500));
      await expectRefused(
        {format: 'jwk', jwk: {...jwk, [name]: other}},
        MalformedRequestError,
        /^This is not the secret of a key/,
        RSA,
      );
    }
    const swapped = {...jwk, p: jwk['q'], q: jwk['p']};
    await expectRefused(
      {format: 'jwk', jwk: swapped},
      MalformedRequestError,
      /^This is not the secret of a key/,
      RSA,
    );
  });

  it('narrows a key in words, not by what its JWK says', async () => {
    const RSA: KeyType = 'urn:webkms:multikey:RSA-2048';
    const jwk = {...outsideJwk(KEY_TYPES[RSA]), key_ops: ['sign'], alg: 'PS256'};
    await expectRefused(
      {format: 'jwk', jwk},
      MalformedRequestError,
      /^The JWK's "key_ops" is not for decrypt/,
      RSA,
    );
    const record = await importRecord(RSA, {format: 'jwk', jwk}, {keyOps: ['sign', 'verify']});
    expect(record.keyOps).to.deep.equal(['sign', 'verify']);
    const wrapped = await wrap(Buffer.from(JSON.stringify(jwk)));
    await expectRefused(wrapped, MalformedRequestError, /^The JWK's "key_ops" is not for decrypt/, RSA);
  });

  it('is refused where the key module does not import, before anything is done', () => {
    const module: KeyModule = Object.assign(Object.create(software) as KeyModule, {importKey: undefined});
    const operation = {
      type: 'ImportKeyOperation',
      invocationTarget: {type: P256},
      keyMaterial: {format: 'jwk', jwk: JWK},
    } as const;
    expect(() => planImportKey(operation, {...NEW_KEYS, module, importTokens})).to.throw(NotSupportedError);
  });
});
