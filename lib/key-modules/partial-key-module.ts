import {NotSupportedError} from '../errors.ts';
import type {KeyType} from '../keys/key-types.ts';
import type {KeyOperation} from '../storage/key-record.ts';
import type {Encapsulated, GeneratedKey, KeyModule, KeyTypeSupport, KeyVersionId} from './key-module.ts';

/** A key module that refuses every operation but those that are written for it. */
export abstract class PartialKeyModule implements KeyModule {
  abstract readonly id: string;
  abstract keyType(type: KeyType): KeyTypeSupport | undefined;
  abstract generateKey(id: KeyVersionId): Promise<GeneratedKey>;
  abstract check(): Promise<void>;
  abstract close(): Promise<void>;

  async sign(...[key]: Parameters<KeyModule['sign']>): Promise<Uint8Array> {
    throw this.#refusal(key, 'sign');
  }

  async verify(...[key]: Parameters<KeyModule['verify']>): Promise<boolean> {
    throw this.#refusal(key, 'verify');
  }

  async encrypt(...[key]: Parameters<KeyModule['encrypt']>): Promise<Uint8Array> {
    throw this.#refusal(key, 'encrypt');
  }

  async decrypt(...[key]: Parameters<KeyModule['decrypt']>): Promise<Uint8Array | undefined> {
    throw this.#refusal(key, 'decrypt');
  }

  async wrapKey(...[key]: Parameters<KeyModule['wrapKey']>): Promise<Uint8Array> {
    throw this.#refusal(key, 'wrapKey');
  }

  async unwrapKey(...[key]: Parameters<KeyModule['unwrapKey']>): Promise<Uint8Array | undefined> {
    throw this.#refusal(key, 'unwrapKey');
  }

  async deriveSecret(...[key]: Parameters<KeyModule['deriveSecret']>): Promise<Uint8Array> {
    throw this.#refusal(key, 'deriveSecret');
  }

  async encapsulate(...[key]: Parameters<KeyModule['encapsulate']>): Promise<Encapsulated> {
    throw this.#refusal(key, 'encapsulate');
  }

  async decapsulate(...[key]: Parameters<KeyModule['decapsulate']>): Promise<Uint8Array> {
    throw this.#refusal(key, 'decapsulate');
  }

  #refusal({type}: KeyVersionId, operation: KeyOperation): NotSupportedError {
    const {operations: supported = []} = this.keyType(type) ?? {};
    return new NotSupportedError(`Keys of type ${type} have no operation ${operation} here.`, {
      details: {supported},
    });
  }
}
