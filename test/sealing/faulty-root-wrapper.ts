import {AesGcmKey} from '../../lib/sealing/aes-gcm-key.ts';
import type {RootWrapper} from '../../lib/sealing/root-wrapper.ts';

export type RootWrapperCall = 'seal' | 'open' | 'check' | 'close';

/** A root wrapper in memory that counts its calls and fails when told to, as a device does. */
export class FaultyRootWrapper implements RootWrapper {
  readonly uri = 'test:faulty';
  readonly calls: Record<RootWrapperCall, number> = {seal: 0, open: 0, check: 0, close: 0};
  /** What the calls of a kind throw from now on. */
  readonly faults = new Map<RootWrapperCall, Error>();
  /** Gives what `open` returns, for one that opens wrongly. */
  afterOpen: (plaintext: Uint8Array) => Uint8Array = (plaintext) => plaintext;
  readonly #key: AesGcmKey;

  constructor(keyId = 'faulty', key: Uint8Array = new Uint8Array(32).fill(1)) {
    this.#key = new AesGcmKey(keyId, key);
  }

  get keyId(): string {
    return this.#key.id;
  }

  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    this.#enter('seal');
    return this.#key.seal(plaintext, additionalData);
  }

  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    this.#enter('open');
    return this.afterOpen(this.#key.open(blob, additionalData));
  }

  async check(): Promise<void> {
    this.#enter('check');
  }

  async close(): Promise<void> {
    this.#enter('close');
  }

  #enter(call: RootWrapperCall): void {
    this.calls[call]++;
    const fault = this.faults.get(call);
    if (fault) throw fault;
  }
}
