import type {KeyOperation, KeyUse} from '../storage/key-record.ts';

/** What a use does to the data: `protect` is done with the newest version only, `process` with older ones too. */
export type Direction = 'protect' | 'process';

export interface KeyUseTraits {
  readonly direction: Direction;
  /** What the key must be able to do for it. */
  readonly needs: readonly KeyOperation[];
  /** Whether a use with an AES-GCM key takes one of the 2^32 nonces of its version (SP 800-38D §8.3). */
  readonly takesNonce?: true;
}

/** Every use of a key. */
export const KEY_USES: Readonly<Record<KeyUse, KeyUseTraits>> = Object.freeze({
  sign: {direction: 'protect', needs: ['sign']},
  verify: {direction: 'process', needs: ['verify']},
  wrapKey: {direction: 'protect', needs: ['wrapKey']},
  unwrapKey: {direction: 'process', needs: ['unwrapKey']},
  deriveSecret: {direction: 'protect', needs: ['deriveSecret']},
  encrypt: {direction: 'protect', needs: ['encrypt'], takesNonce: true},
  decrypt: {direction: 'process', needs: ['decrypt']},
  rewrap: {direction: 'protect', needs: ['decrypt', 'encrypt'], takesNonce: true},
  generateDataKey: {direction: 'protect', needs: ['encrypt'], takesNonce: true},
  encapsulate: {direction: 'protect', needs: ['encapsulate']},
  decapsulate: {direction: 'process', needs: ['decapsulate']},
});
