import type {Pkcs11Token, TokenObject} from '../../pkcs11/pkcs11-token.ts';
import type {KeyTypeSupport} from '../key-module.ts';
import type {SignatureChoice} from '../operation-options.ts';
import type {SoftwareAlgorithm} from '../software/software-algorithm.ts';

export type TokenSupport = Omit<KeyTypeSupport, 'importable' | 'extractable'>;

type Opened = Uint8Array | undefined;

/** What the module knows about one algorithm: what a token does of it, and how it is asked. */
export interface TokenAlgorithm {
  /** `CKO_…` of the object that holds the secret. */
  readonly class: number;
  /** What a token with these mechanisms does; undefined where it does nothing. */
  readonly support: (mechanisms: ReadonlySet<number>) => TokenSupport | undefined;
  /** @returns the public key, in the encoding of the key's type, where there is one. */
  readonly generate: (token: Pkcs11Token, object: TokenObject) => Promise<Uint8Array | undefined>;
  /** Whether the object can do what a key of the type does, and is that of `publicKey`: by using it for nothing. */
  readonly prove: (token: Pkcs11Token, object: TokenObject, publicKey: Opened) => Promise<boolean>;
  /** What the public key does by itself. */
  readonly publicKey?: NonNullable<SoftwareAlgorithm['openPublicKey']>;
  readonly sign?: (
    token: Pkcs11Token,
    object: TokenObject,
    data: Uint8Array,
    choice: SignatureChoice,
  ) => Promise<Uint8Array>;
  readonly encrypt?: (
    token: Pkcs11Token,
    object: TokenObject,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ) => Promise<Uint8Array>;
  readonly decrypt?: (
    token: Pkcs11Token,
    object: TokenObject,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ) => Promise<Opened>;
  readonly wrapKey?: (token: Pkcs11Token, object: TokenObject, unwrapped: Uint8Array) => Promise<Uint8Array>;
  readonly unwrapKey?: (token: Pkcs11Token, object: TokenObject, wrapped: Uint8Array) => Promise<Opened>;
  readonly deriveSecret?: (token: Pkcs11Token, object: TokenObject, peer: Uint8Array) => Promise<Uint8Array>;
}

/** `support` where a token has all of `mechanisms`. */
export function needs(
  mechanisms: readonly number[],
  support: TokenSupport,
): (offered: ReadonlySet<number>) => TokenSupport | undefined {
  Object.freeze(support);
  return (offered) => (mechanisms.every((mechanism) => offered.has(mechanism)) ? support : undefined);
}

export type TokenOperation = 'sign' | 'encrypt' | 'decrypt' | 'wrapKey' | 'unwrapKey' | 'deriveSecret';

/** A key version: which object it is, and how it is used. */
export interface KeyInToken {
  readonly algorithm: TokenAlgorithm;
  readonly object: TokenObject;
}
