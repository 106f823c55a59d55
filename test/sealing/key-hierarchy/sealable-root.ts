import {createHash} from 'node:crypto';
import {RootSealerKey} from '../../../lib/sealing/root-sealer.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';

const bytes = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A root that keys can be sealed for while it is not at hand. The same name gives the same root. */
export class SealableRoot extends FaultyRootWrapper {
  readonly #sealerKey: RootSealerKey;

  constructor(name: string) {
    const keyId = bytes(`id ${name}`).subarray(0, 16).toString('base64url');
    super(keyId, bytes(`key ${name}`));
    this.#sealerKey = new RootSealerKey(keyId, bytes(`agreement ${name}`), bytes(`authentication ${name}`));
  }

  override async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    if (!this.#sealerKey.hasSealed(blob)) return super.open(blob, additionalData);
    this.calls.open++;
    return this.#sealerKey.open(blob, additionalData);
  }

  exportSealer(): Uint8Array {
    return this.#sealerKey.exportSealer();
  }
}
