/** A key version that a module keeps itself, as it can tell of it: of what it has made for a `KeyVersionId`. */
export interface HeldKey {
  /** What the record that it belongs to has as `material`. */
  readonly material: Uint8Array;
  /** The last segment of the keystore's URL. */
  readonly keystore: string;
  readonly localKeyId: string;
  readonly version: number;
}

/** What a module keeps itself. Methods throw `UnavailableError` where it cannot be reached. */
export interface HeldKeys {
  /** All that the module has made and not destroyed, each once, also for other servers that it serves. */
  list(): Promise<readonly HeldKey[]>;
  /** Erases a key; of one that is not there (any more) it does nothing. */
  destroy(key: HeldKey): Promise<void>;
}
