import type {KeyOperation, KeyUse} from '../storage/key-record.ts';

/** What a use does: `protect` makes something new, with the newest version only; `process` finds what there was. */
export type Direction = 'protect' | 'process';

export interface KeyUseTraits {
  readonly direction: Direction;
  /** Whether it counts as a use of the newest version. */
  readonly isCounted: boolean;
  /** What the key must be able to do for it. */
  readonly needs: readonly KeyOperation[];
  /** Whether a use with an AES-GCM key takes one of the 2^32 nonces of its version (SP 800-38D §8.3). */
  readonly takesNonce?: true;
}

/** Every use of a key. */
export const KEY_USES: Readonly<Record<KeyUse, KeyUseTraits>> = Object.freeze({
  sign: {direction: 'protect', isCounted: true, needs: ['sign']},
  verify: {direction: 'process', isCounted: false, needs: ['verify']},
  wrapKey: {direction: 'protect', isCounted: true, needs: ['wrapKey']},
  unwrapKey: {direction: 'process', isCounted: false, needs: ['unwrapKey']},
  // Both sides derive alike: who cannot derive any more cannot read what was sent.
  deriveSecret: {direction: 'process', isCounted: true, needs: ['deriveSecret']},
  encrypt: {direction: 'protect', isCounted: true, needs: ['encrypt'], takesNonce: true},
  decrypt: {direction: 'process', isCounted: false, needs: ['decrypt']},
  rewrap: {direction: 'protect', isCounted: true, needs: ['decrypt', 'encrypt'], takesNonce: true},
  generateDataKey: {direction: 'protect', isCounted: true, needs: ['encrypt'], takesNonce: true},
  encapsulate: {direction: 'protect', isCounted: true, needs: ['encapsulate']},
  decapsulate: {direction: 'process', isCounted: false, needs: ['decapsulate']},
});
