import {controller} from '../support/did-key.ts';
import {delegateChain} from '../support/delegate.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {expect} from 'chai';
import {base64url, useKeyScene} from '../http/endpoints/key-scene.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const HMAC = 'Sha256HmacKey2019';
const INVALID = {status: 400, name: 'ValidationError'};
const CHANGES = [
  'RotateKeyOperation',
  'UpdateKeyOperation',
  'DisableKeyOperation',
  'EnableKeyOperation',
  'DeleteKeyOperation',
  'RestoreKeyOperation',
];

describe('hostile: the key engine', () => {
  const scene = useKeyScene();
  let aes: string;
  let hmac: string;
  before(async () => {
    aes = await scene().generate(AES);
    hmac = await scene().generate(HMAC);
  });

  it('texts that are no ciphertext', async () => {
    const {ciphertext} = await scene().run(aes, 'EncryptOperation', {plaintext: base64url('text')});
    const [, , bytes] = ciphertext.split(':');
    const texts = [
      '',
      'webkms',
      `webkms:v0:${bytes}`,
      `webkms:v01:${bytes}`,
      `webkms:v1e0:${bytes}`,
      `webkms:v-1:${bytes}`,
      `webkms:v1000000000:${bytes}`,
      `webkms:v99999999999999999999:${bytes}`,
      `webkms:1:${bytes}`,
      `WEBKMS:v1:${bytes}`,
      ` ${ciphertext}`,
      `${ciphertext}\n`,
      `${ciphertext}=`,
      `${ciphertext}:`,
      `webkms:v1:webkms:v1:${bytes}`,
      'webkms:v1:+/+/',
      `webkms:v1:${'A'.repeat(90_000)}`,
    ];
    for (const text of [...texts, null, 1, {}, [ciphertext]]) {
      for (const operation of ['DecryptOperation', 'RewrapOperation', 'DecapsulateOperation']) {
        const refusal = await scene().refusal(aes, operation, {ciphertext: text});
        expect(refusal, `${operation} ${JSON.stringify(text)}`).to.include(INVALID);
      }
    }
    // Bits that a byte has no room for; and nothing.
    for (const text of [`${ciphertext.slice(0, -1)}_`, 'webkms:v1:', 'webkms:v1:A']) {
      const {status} = await scene().post(aes, 'DecryptOperation', {ciphertext: text});
      expect(status, text).to.equal(400);
    }
    expect(await scene().run(aes, 'DecryptOperation', {ciphertext})).to.have.property('plaintext');
  });

  it('numbers that are no version', async () => {
    const {signatureValue} = await scene().run(hmac, 'SignOperation', {verifyData: 'AAAA'});
    const verify = {verifyData: 'AAAA', signatureValue};
    for (const keyVersion of [0, -1, 1.5, 1e9, 2 ** 53, '1', null, [1], true]) {
      for (const [operation, members] of [
        ['VerifyOperation', verify],
        ['DisableKeyOperation', {}],
        ['DeleteKeyOperation', {}],
        ['UpdateKeyOperation', {x5c: null}],
      ] as const) {
        const refusal = await scene().refusal(hmac, operation, {...members, keyVersion});
        expect(refusal, `${operation} ${String(keyVersion)}`).to.include(INVALID);
      }
    }
    for (const keyVersion of [2, 999_999_999]) {
      const refusal = await scene().refusal(hmac, 'VerifyOperation', {...verify, keyVersion});
      expect(refusal).to.include({status: 404, name: 'NotFoundError'});
    }
    expect(await scene().run(hmac, 'VerifyOperation', {...verify, keyVersion: 1})).to.include({
      verified: true,
    });
  });

  it('data beyond the bounds, and at them', async () => {
    const bytes = (length: number) => base64url(Buffer.alloc(length));
    for (const members of [
      {plaintext: bytes(65_537)},
      {plaintext: 'AAAA', additionalData: bytes(4097)},
      {plaintext: 'AAAA', algorithm: 'A'.repeat(33)},
      {plaintext: 'AAAA', algorithm: ''},
    ]) {
      expect(await scene().refusal(aes, 'EncryptOperation', members)).to.include(INVALID);
    }
    const largest = {plaintext: bytes(65_536), additionalData: bytes(4096)};
    const {ciphertext} = await scene().run(aes, 'EncryptOperation', largest);
    const opened = {ciphertext, additionalData: largest.additionalData};
    expect((await scene().run(aes, 'DecryptOperation', opened)).plaintext).to.equal(largest.plaintext);
    expect((await scene().run(aes, 'RewrapOperation', opened)).ciphertext).to.have.length(ciphertext.length);
    for (const algorithm of ['constructor', '__proto__', 'PS256', 'a256gcm']) {
      const refusal = await scene().refusal(aes, 'EncryptOperation', {plaintext: 'AAAA', algorithm});
      expect(refusal).to.deep.equal({status: 400, name: 'NotSupportedError', supported: ['A256GCM']});
    }
  });

  it('data and digest both, or neither whole', async () => {
    const digest = base64url(Buffer.alloc(32));
    const p256 = await scene().generate('urn:webkms:multikey:P-256');
    for (const members of [
      {verifyData: 'AAAA', digest, hashAlgorithm: 'SHA-256'},
      {verifyData: 'AAAA', hashAlgorithm: 'SHA-256'},
      {verifyData: 'AAAA', digest},
      {digest},
      {hashAlgorithm: 'SHA-256'},
      {digest, hashAlgorithm: 'MD5'},
      {},
    ]) {
      expect(await scene().refusal(p256, 'SignOperation', members)).to.include(INVALID);
      const verify = {...members, signatureValue: 'AAAA'};
      expect(await scene().refusal(p256, 'VerifyOperation', verify)).to.include(INVALID);
    }
    await scene().run(p256, 'SignOperation', {digest, hashAlgorithm: 'SHA-256'});
  });

  it('R36 changes by who may use the key only, or change it otherwise', async () => {
    const [bob, stranger] = [controller('bob'), controller('stranger')];
    const key = await scene().generate(HMAC);
    const capability = (
      await delegateChain({
        root: rootCapabilityId(scene().keystore),
        holders: [scene().owner, bob],
        invocationTarget: key,
        allowedAction: ['sign', 'read', 'write', 'updateKey'],
      })
    ).at(-1)!;
    const denied = {status: 403, name: 'NotAllowedError'};
    for (const operation of CHANGES.filter((change) => change !== 'UpdateKeyOperation')) {
      expect(await scene().refusal(key, operation, {}, {signer: bob, capability}), operation).to.deep.equal(
        denied,
      );
      const lying = {signer: bob, capability, action: 'updateKey'};
      expect(await scene().refusal(key, operation, {}, lying), operation).to.deep.equal(denied);
      expect(await scene().refusal(key, operation, {}, {signer: stranger})).to.deep.equal(denied);
    }
    await scene().run(key, 'UpdateKeyOperation', {description: 'By Bob.'}, {signer: bob, capability});
  });

  it('R26 a chain too long for a key changes it no more than it uses it, and is not told what it is', async () => {
    const bob = controller('bob');
    const key = await scene().generate(HMAC, {maxCapabilityChainLength: 1});
    const capability = (
      await delegateChain({
        root: rootCapabilityId(scene().keystore),
        holders: [scene().owner, bob],
        invocationTarget: key,
      })
    ).at(-1)!;
    const by = {signer: bob, capability};
    for (const operation of ['SignOperation', 'EncryptOperation', ...CHANGES]) {
      const members: Record<string, Readonly<Record<string, unknown>>> = {
        SignOperation: {verifyData: 'AAAA'},
        EncryptOperation: {plaintext: 'AAAA'},
        UpdateKeyOperation: {maxCapabilityChainLength: null},
      };
      const {status, json} = await scene().post(key, operation, members[operation] ?? {}, by);
      expect([status, json.cause.message], operation).to.deep.equal([
        403,
        'Maximum zcap invocation capability chain length (1) exceeded.',
      ]);
    }
    await scene().run(key, 'UpdateKeyOperation', {maxCapabilityChainLength: 2});
    await scene().run(key, 'SignOperation', {verifyData: 'AAAA'}, by);
  });
});
