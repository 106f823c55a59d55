import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import {generate, type Ed25519Multikey} from '@digitalbazaar/ed25519-multikey';
import type {KmsOperationCall} from '@digitalbazaar/webkms-switch';
import {decode, encode} from 'base58-universal';
import {HttpError} from './http-error.ts';

interface ReferenceKey {
  readonly description: Readonly<Record<string, unknown>>;
  readonly maxCapabilityChainLength: number | undefined;
  readonly ed25519?: Ed25519Multikey;
  readonly x25519?: KeyObject;
  readonly secret?: Buffer;
}

export interface NewKey {
  readonly id: string;
  readonly controller: string;
  readonly type: string;
  readonly maxCapabilityChainLength?: number | undefined;
}

const X25519_PUB = Buffer.from([0xec, 0x01]);
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const AES_KW_IV = Buffer.alloc(8, 0xa6);

/** A key module in memory, as `webkms-switch` wants one: the types that its own clients ask for. No asymmetric verify. */
export class ReferenceKeyModule {
  readonly #keys = new Map<string, ReferenceKey>();

  /** Makes a key; its material is this module's own, whatever another server has under the same id. */
  async put({
    id,
    controller,
    type,
    maxCapabilityChainLength,
  }: NewKey): Promise<Readonly<Record<string, unknown>>> {
    const base = {id, type, controller};
    if (type === 'Ed25519VerificationKey2020') {
      const ed25519 = await generate();
      return this.#set(id, {
        description: {...base, publicKeyMultibase: ed25519.publicKeyMultibase},
        maxCapabilityChainLength,
        ed25519,
      });
    }
    if (type === 'X25519KeyAgreementKey2020') {
      const {privateKey, publicKey} = generateKeyPairSync('x25519');
      const raw = publicKey.export({format: 'der', type: 'spki'}).subarray(X25519_SPKI.length);
      const publicKeyMultibase = `z${encode(Buffer.concat([X25519_PUB, raw]))}`;
      return this.#set(id, {
        description: {...base, publicKeyMultibase},
        maxCapabilityChainLength,
        x25519: privateKey,
      });
    }
    if (type === 'Sha256HmacKey2019' || type === 'AesKeyWrappingKey2019') {
      return this.#set(id, {description: base, maxCapabilityChainLength, secret: randomBytes(32)});
    }
    throw new HttpError(400, 'NotSupportedError', `Unknown key type "${type}".`);
  }

  describe(id: string): Readonly<Record<string, unknown>> {
    return this.#get(id).description;
  }

  readonly operations: Readonly<Record<string, (call: KmsOperationCall) => Promise<unknown>>> = {
    generateKey: async ({keyId, controller, operation}) => {
      const target = operation['invocationTarget'] as {
        type: string;
        id: string;
        maxCapabilityChainLength?: number;
      };
      const {type, maxCapabilityChainLength} = target;
      return {
        keyId,
        keyDescription: await this.put({id: target.id, controller, type, maxCapabilityChainLength}),
      };
    },
    sign: async (call) => {
      const {ed25519, secret} = this.#use(call);
      const data = bytesOf(call, 'verifyData');
      const signature = ed25519 ? await ed25519.signer().sign({data}) : hmac(secret, data);
      return {signatureValue: Buffer.from(signature).toString('base64url')};
    },
    verify: async (call) => {
      const {secret} = this.#use(call);
      const expected = hmac(secret, bytesOf(call, 'verifyData'));
      const given = bytesOf(call, 'signatureValue');
      return {verified: given.length === expected.length && timingSafeEqual(given, expected)};
    },
    wrapKey: async (call) => {
      const cipher = createCipheriv('id-aes256-wrap', needed(this.#use(call).secret), AES_KW_IV);
      const wrapped = Buffer.concat([cipher.update(bytesOf(call, 'unwrappedKey')), cipher.final()]);
      return {wrappedKey: wrapped.toString('base64url')};
    },
    unwrapKey: async (call) => {
      const secret = needed(this.#use(call).secret);
      try {
        const decipher = createDecipheriv('id-aes256-wrap', secret, AES_KW_IV);
        const unwrapped = Buffer.concat([decipher.update(bytesOf(call, 'wrappedKey')), decipher.final()]);
        return {unwrappedKey: unwrapped.toString('base64url')};
      } catch {
        return {unwrappedKey: null};
      }
    },
    deriveSecret: async (call) => {
      const privateKey = needed(this.#use(call).x25519);
      const {publicKeyMultibase} = call.operation['publicKey'] as {publicKeyMultibase: string};
      const raw = Buffer.from(decode(publicKeyMultibase.slice(1))).subarray(X25519_PUB.length);
      const publicKey = createPublicKey({
        key: Buffer.concat([X25519_SPKI, raw]),
        format: 'der',
        type: 'spki',
      });
      return {secret: diffieHellman({privateKey, publicKey}).toString('base64url')};
    },
  };

  #set(id: string, key: ReferenceKey): ReferenceKey['description'] {
    this.#keys.set(id, key);
    return key.description;
  }

  #get(id: string): ReferenceKey {
    const key = this.#keys.get(id);
    if (!key) throw new HttpError(404, 'NotFoundError', 'Key not found.');
    return key;
  }

  /** The key that an operation is on, once the chain of its invocation is found to be no longer than the key allows. */
  #use({keyId, zcapInvocation}: KmsOperationCall): ReferenceKey {
    const key = this.#get(keyId);
    const {maxCapabilityChainLength} = key;
    if (
      maxCapabilityChainLength !== undefined &&
      zcapInvocation.dereferencedChain.length > maxCapabilityChainLength
    ) {
      throw new HttpError(403, 'NotAllowedError', 'The capability chain is longer than the key allows.');
    }
    return key;
  }
}

function bytesOf({operation}: KmsOperationCall, member: string): Buffer {
  return Buffer.from(operation[member] as string, 'base64url');
}

function hmac(secret: Buffer | undefined, data: Buffer): Buffer {
  return createHmac('sha256', needed(secret)).update(data).digest();
}

function needed<T>(value: T | undefined): T {
  if (value === undefined)
    throw new HttpError(400, 'NotSupportedError', 'The key does not support the operation.');
  return value;
}
