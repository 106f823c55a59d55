/** Names what a blob is, so that it opens only in its own place: authenticated, not stored with the blob. */
export type AdditionalData = Uint8Array;

/**
 * Seals and opens bytes under a key it never shows. A blob is self-describing: it says its format and the key that
 * made it; `open` refuses everything else.
 */
export interface Wrapper {
  /** Says which key this wrapper seals with, without telling anything about it. Stable over restarts. */
  readonly keyId: string;
  seal(plaintext: Uint8Array, additionalData: AdditionalData): Promise<Uint8Array>;
  /** @throws SealedBlobError where the blob is not this key's, not of this place, or was changed: one message for all. */
  open(blob: Uint8Array, additionalData: AdditionalData): Promise<Uint8Array>;
  /** Forgets the key. */
  close(): Promise<void>;
}

/** A blob could not be opened. Data at rest is not what was written, or another key is in use. */
export class SealedBlobError extends Error {
  override readonly name = 'SealedBlobError';
  readonly code = 'ERR_SEALED_BLOB';

  constructor(options?: ErrorOptions) {
    super('A sealed blob could not be opened.', options);
  }
}
