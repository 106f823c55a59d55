declare module '@digitalbazaar/bbs-signatures' {
  export type Ciphersuite = 'BLS12-381-SHA-256' | 'BLS12-381-SHAKE-256';

  interface Message {
    readonly header: Uint8Array;
    readonly messages: readonly Uint8Array[];
    readonly ciphersuite: Ciphersuite;
  }

  export function generateKeyPair(options: {
    readonly ciphersuite: Ciphersuite;
    readonly seed?: Uint8Array;
  }): Promise<{secretKey: Uint8Array; publicKey: Uint8Array}>;

  export function secretKeyToPublicKey(options: {
    readonly secretKey: Uint8Array;
    readonly ciphersuite: Ciphersuite;
  }): Promise<Uint8Array>;

  export function sign(
    options: Message & {readonly secretKey: Uint8Array; readonly publicKey: Uint8Array},
  ): Promise<Uint8Array>;

  /** Throws where the signature or the public key is not well-formed. */
  export function verifySignature(
    options: Message & {readonly publicKey: Uint8Array; readonly signature: Uint8Array},
  ): Promise<boolean>;
}
