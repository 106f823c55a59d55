import {expect} from 'chai';
import {controller} from '../../support/did-key.ts';
import {delegateChain} from '../../support/delegate.ts';
import {rootCapabilityId} from '../../support/signed-request.ts';
import {base64url, useKeyScene} from './key-scene.ts';

const HMAC = 'Sha256HmacKey2019';
const AES = 'urn:webkms:symmetric:AES-256-GCM';
const BATCH = 'BatchOperation';
const MANAGEMENT = ['RotateKeyOperation', 'UpdateKeyOperation', 'DisableKeyOperation', 'EnableKeyOperation'];

describe('batches', () => {
  const scene = useKeyScene();
  let hmac: string;
  let aes: string;
  before(async () => {
    hmac = await scene().generate(HMAC);
    aes = await scene().generate(AES);
  });

  const signing = (...items: readonly unknown[]) => ({operation: 'SignOperation', items});

  it('have a result for each item, in order: what the operation by itself replies', async () => {
    const items = Array.from({length: 20}, (_, index) => ({verifyData: base64url(`item ${index}`)}));
    const {results} = await scene().run(hmac, BATCH, signing(...items));
    for (const [index, item] of items.entries()) {
      expect(results[index]).to.deep.equal(await scene().run(hmac, 'SignOperation', item));
    }
    const verified = items.map((item, index) => ({...item, ...results[index]}));
    const swapped = verified.map((item, index) => ({...item, ...(index % 2 === 1 && results[0])}));
    expect(await scene().run(hmac, BATCH, {operation: 'VerifyOperation', items: swapped})).to.deep.equal({
      results: swapped.map((_, index) => ({verified: index % 2 === 0})),
    });
  });

  it('of a thousand items are taken, and of a thousand and one not', async () => {
    const items = Array.from({length: 1000}, () => ({plaintext: 'AAAA'}));
    const {results} = await scene().run(aes, BATCH, {operation: 'EncryptOperation', items});
    expect(new Set(results.map(({ciphertext}) => ciphertext)).size).to.equal(1000);
    const refusal = await scene().refusal(aes, BATCH, {
      ...{operation: 'EncryptOperation', items: [...items, {plaintext: 'AAAA'}]},
    });
    expect(refusal).to.include({status: 400, name: 'ValidationError'});
    expect(await scene().refusal(aes, BATCH, {operation: 'EncryptOperation', items: []})).to.include({
      name: 'ValidationError',
    });
  });

  it('tell in its place what is wrong with an item', async () => {
    const {ciphertext} = await scene().run(aes, 'EncryptOperation', {plaintext: base64url('secret')});
    const items = [
      {ciphertext},
      {ciphertext, additionalData: 'AAAA'},
      {ciphertext: 'webkms:v7:AAAA'},
      {ciphertext: 'webkms:v1:AA_'},
      {ciphertext, algorithm: 'RSA-OAEP-256'},
      {ciphertext},
    ];
    const failed = {error: {name: 'OperationError', message: 'The operation failed.'}};
    const {results} = await scene().run(aes, BATCH, {operation: 'DecryptOperation', items});
    expect(results).to.deep.equal([
      {plaintext: base64url('secret')},
      failed,
      failed,
      {error: {name: 'DataError', message: '"ciphertext" must be "webkms:v<version>:<base64url>".'}},
      {error: {name: 'NotSupportedError', message: 'The key does not support this algorithm.'}},
      {plaintext: base64url('secret')},
    ]);
  });

  it('are refused whole where an item is not what its operation takes', async () => {
    const good = {verifyData: 'AAAA'};
    const flaws = [
      {},
      {verifyData: 'AAAA', type: 'SignOperation'},
      {verifyData: 'AAAA', invocationTarget: hmac},
      {verifyData: 'AAAA', '@context': 'https://w3id.org/webkms/v1'},
      {verifyData: 'AAAA', digest: 'AAAA', hashAlgorithm: 'SHA-256'},
      {digest: 'AAAA'},
      {plaintext: 'AAAA'},
      {verifyData: 1},
      null,
      [],
      'AAAA',
    ];
    for (const flaw of flaws) {
      const refusal = await scene().refusal(hmac, BATCH, signing(good, flaw));
      expect(refusal, JSON.stringify(flaw)).to.include({status: 400, name: 'ValidationError'});
    }
    expect((await scene().run(hmac, BATCH, signing(good, good))).results).to.have.length(2);
  });

  it('R36 are not of changes, nor of batches, nor of what there is not', async () => {
    const others = ['BatchOperation', 'ExportKeyOperation', 'GenerateKeyOperation', 'constructor', ''];
    for (const operation of [...MANAGEMENT, ...others]) {
      for (const action of ['sign', 'batch', 'rotateKey']) {
        const refusal = await scene().refusal(hmac, BATCH, {operation, items: [{}]}, {action});
        expect(refusal, operation).to.include({status: 400, name: 'NotSupportedError'});
      }
    }
    const nested = {operation: 'SignOperation', items: [{operation: 'SignOperation', items: []}]};
    expect(await scene().refusal(hmac, BATCH, nested)).to.include({name: 'ValidationError'});
  });

  it('R36 need the action of their items, whatever the caller says', async () => {
    const bob = controller('bob');
    const [capability] = (
      await delegateChain({
        root: rootCapabilityId(scene().keystore),
        holders: [scene().owner, bob],
        invocationTarget: hmac,
        allowedAction: ['sign', 'batch'],
      })
    ).slice(-1);
    const by = {signer: bob, capability: capability!};
    const item = {verifyData: 'AAAA'};
    expect((await scene().run(hmac, BATCH, signing(item), by)).results).to.have.length(1);
    const verifying = {operation: 'VerifyOperation', items: [{...item, signatureValue: 'AAAA'}]};
    for (const action of ['verify', 'sign', 'batch']) {
      const refusal = await scene().refusal(hmac, BATCH, verifying, {...by, action});
      expect(refusal, action).to.include({status: 403, name: 'NotAllowedError'});
    }
    expect(await scene().refusal(hmac, BATCH, signing(item), {...by, action: 'batch'})).to.include({
      status: 403,
    });
  });

  it('are refused whole where the key does not do that, or not now', async () => {
    expect(await scene().refusal(aes, BATCH, signing({verifyData: 'AAAA'}))).to.deep.equal({
      ...{status: 400, name: 'NotSupportedError', supported: ['encrypt', 'decrypt']},
    });
    const disabled = await scene().generate(HMAC);
    await scene().run(disabled, 'DisableKeyOperation');
    expect(await scene().refusal(disabled, BATCH, signing({verifyData: 'AAAA'}))).to.deep.equal({
      ...{status: 409, name: 'InvalidStateError', state: 'disabled'},
    });
    const nowhere = `${scene().keystore}/keys/z1AAAAAAAAAAAAAAAAAAAAAAA`;
    expect(await scene().refusal(nowhere, BATCH, signing({verifyData: 'AAAA'}))).to.include({status: 404});
  });

  it('count each item as a use, of the rate and of the version', async () => {
    const policy = {rate: {uses: 5, perSeconds: 3600}, rotation: {afterUses: 1000}};
    const key = await scene().generate(HMAC, {policy});
    const items = (count: number) => signing(...Array.from({length: count}, () => ({verifyData: 'AAAA'})));
    await scene().run(key, BATCH, items(3));
    expect(await scene().refusal(key, BATCH, items(3))).to.include({status: 429, name: 'RateLimitError'});
    await scene().run(key, BATCH, items(2));
    expect(await scene().refusal(key, 'SignOperation', {verifyData: 'AAAA'})).to.include({status: 429});
    const {metadata} = (await scene().get(`${key}?include=metadata`)).json;
    expect(metadata.versions[0]!.uses).to.be.at.least(5);
  });

  it('hold a policy of algorithms and of sizes item by item', async () => {
    const policy = {allowedAlgorithms: ['RS256'], maxDataBytes: 3};
    const key = await scene().generate('urn:webkms:multikey:RSA-2048', {policy});
    const {results} = await scene().run(
      key,
      BATCH,
      signing(
        {verifyData: 'AAAA'},
        {verifyData: 'AAAA', algorithm: 'RS256'},
        {verifyData: 'AAAAAA', algorithm: 'RS256'},
      ),
    );
    expect(results[0]!.error).to.include({name: 'NotAllowedError'});
    expect(results[1]).to.have.all.keys('signatureValue');
    expect(results[2]!.error).to.include({name: 'PayloadTooLargeError'});
  });
});
