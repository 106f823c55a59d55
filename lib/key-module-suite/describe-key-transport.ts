import {createCipheriv, createHmac} from 'node:crypto';
import {expect} from 'chai';
import {InternalError, MalformedRequestError, NotSupportedError} from '../errors.ts';
import type {SecretForm} from '../keys/key-algorithms.ts';
import {flipBit, newIdentity, rejection, signable} from './fixtures.ts';
import type {DescribeOperation, Subject} from './subject.ts';

/** Bytes of the secrets that are as long as each other, by form and the public key's length. */
function secretLength(form: SecretForm, publicKeyLength = 0): number | undefined {
  if (form === 'pkcs1') return undefined;
  if (form === 'seed') return publicKeyLength === 1184 ? 64 : 32;
  return form === 'scalar' && publicKeyLength > 33 && publicKeyLength < 96 ? publicKeyLength - 1 : 32;
}

/** Whether what one key protects the other finds good: they are the same key. */
async function expectSameKey({module, key, other, type}: Subject, data: Uint8Array): Promise<void> {
  const {operations} = type;
  if (operations.includes('sign')) {
    expect(await module.verify(other, data, await module.sign(key, data))).to.equal(true);
  } else if (operations.includes('encrypt')) {
    const opened = await module.decrypt(other, await module.encrypt(key, data));
    expect(opened && Buffer.from(opened)).to.deep.equal(Buffer.from(data));
  } else if (operations.includes('wrapKey')) {
    expect(await module.unwrapKey(other, await module.wrapKey(key, Buffer.alloc(16)))).to.have.length(16);
  } else if (operations.includes('encapsulate')) {
    const {secret, ciphertext} = await module.encapsulate(key);
    expect(Buffer.from(await module.decapsulate(other, ciphertext))).to.deep.equal(Buffer.from(secret));
  } else {
    const {publicKey: peer = Buffer.of()} = key;
    expect(await module.deriveSecret(other, peer)).to.deep.equal(await module.deriveSecret(key, peer));
  }
}

/** What a symmetric key does, as the standards say, without the module. */
const KNOWN_KEYS: ReadonlyMap<string, (subject: Subject, secret: Buffer) => Promise<void>> = new Map<
  string,
  (subject: Subject, secret: Buffer) => Promise<void>
>([
  [
    'HMAC-SHA-256',
    async ({module, key}, secret) => {
      const mac = createHmac('sha256', secret).update('data').digest();
      expect(Buffer.from(await module.sign(key, Buffer.from('data')))).to.deep.equal(mac);
    },
  ],
  [
    'AES-256-GCM',
    async ({module, key}, secret) => {
      const nonce = Buffer.alloc(12, 1);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from('more'));
      const bytes = Buffer.concat([nonce, cipher.update('data'), cipher.final(), cipher.getAuthTag()]);
      const opened = await module.decrypt(key, bytes, {additionalData: Buffer.from('more')});
      expect(opened && Buffer.from(opened).toString()).to.equal('data');
    },
  ],
  [
    'AES-KW-256',
    async ({module, key}, secret) => {
      const cipher = createCipheriv('id-aes256-wrap', secret, Buffer.alloc(8, 0xa6));
      const wrapped = Buffer.concat([cipher.update(Buffer.alloc(16, 3)), cipher.final()]);
      expect(Buffer.from(await module.wrapKey(key, Buffer.alloc(16, 3)))).to.deep.equal(wrapped);
    },
  ],
]);

/** Export and import, of modules that have them. */
export const describeKeyTransport: DescribeOperation = (subject, keyType) => {
  const {name: type, publicKey: format, secretForm} = keyType;

  it('exports what it imports as the same key, and needs neither any more', async function () {
    const {module, key, type: offered} = subject();
    if (!offered.importable || !offered.extractable) this.skip();
    if (!module.importKey || !module.exportKey) throw new Error('It lacks what it declares.');
    const secret = Buffer.from(await module.exportKey(key));
    const length = secretLength(secretForm, format?.length);
    if (length !== undefined) expect(secret.length).to.equal(length);
    const identity = newIdentity(type);
    const imported = {...identity, ...(await module.importKey(identity, secret))};
    expect(imported.publicKey).to.deep.equal(key.publicKey);
    expect(Buffer.from(imported.material).includes(secret)).to.equal(false);
    expect(Buffer.from(await module.exportKey(imported)).equals(secret)).to.equal(true);
    secret.fill(0);
    await expectSameKey({...subject(), other: imported}, signable(keyType));
    await expectSameKey({...subject(), key: imported, other: key}, signable(keyType));
  });

  it('imports nothing that is cut or too long', async function () {
    const {module, key, type: offered} = subject();
    if (!offered.importable || !offered.extractable) this.skip();
    if (!module.importKey || !module.exportKey) throw new Error('It lacks what it declares.');
    const secret = Buffer.from(await module.exportKey(key));
    for (const bad of [
      Buffer.alloc(0),
      secret.subarray(1),
      secret.subarray(0, -1),
      Buffer.concat([secret, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0), secret]),
    ]) {
      const error = await rejection(module.importKey(newIdentity(type), bad));
      expect(error, `${bad.length} bytes`).to.be.instanceOf(MalformedRequestError);
    }
    expect(await module.importKey(newIdentity(type), secret)).to.have.property('material');
  });

  const known = KNOWN_KEYS.get(keyType.algorithm);
  if (known) {
    it('does with an imported key what others do with its bytes', async function () {
      const {module, type: offered} = subject();
      if (!offered.importable || !module.importKey) this.skip();
      const identity = newIdentity(type);
      const secret = Buffer.alloc(32, 7);
      const imported = {...identity, ...(await module.importKey(identity, Uint8Array.from(secret)))};
      await known({...subject(), key: imported}, secret);
    });
  }

  it('refuses what it does not declare', async () => {
    const {module, key, type: offered} = subject();
    if (!offered.extractable && module.exportKey) {
      expect(await rejection(module.exportKey(key))).to.be.instanceOf(NotSupportedError);
    }
    if (!offered.importable && module.importKey) {
      const importing = module.importKey(newIdentity(type), Buffer.alloc(32, 1));
      expect(await rejection(importing)).to.be.instanceOf(NotSupportedError);
    }
  });

  it('exports nothing of a record that was changed', async function () {
    const {module, key, other, type: offered} = subject();
    if (!offered.extractable || !module.exportKey) this.skip();
    for (const row of [
      {...key, material: flipBit(key.material, 300)},
      {...key, material: other.material},
      {...key, version: 2},
      {...key, localKeyId: other.localKeyId},
    ]) {
      expect(await rejection(module.exportKey(row))).to.be.instanceOf(InternalError);
    }
    expect(await module.exportKey(key)).to.not.be.empty;
  });
};
