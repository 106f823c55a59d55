import type {HeldKey} from '../key-modules/held-keys.ts';
import {Turns} from '../turns.ts';

interface Entry {
  readonly keys: HeldKey[];
  isReferred: boolean;
}

/** What a module holds, and what of it records refer to. What any record refers to, of whatever keystore, is nobody's orphan. */
export class HeldByMaterial {
  readonly #entries = new Map<string, Entry>();
  readonly #keystores = new Set<string>();

  static async of(held: readonly HeldKey[]): Promise<HeldByMaterial> {
    const found = new HeldByMaterial();
    const turns = new Turns();
    for (const key of held) {
      found.#add(key);
      await turns.next();
    }
    return found;
  }

  /** @param keystore the last segment of its URL */
  hasKeystore(keystore: string): boolean {
    return this.#keystores.has(keystore);
  }

  /** A record of the keystore refers to it. @returns whether it is held, for that keystore */
  refer(material: Uint8Array, keystore: string): boolean {
    const entry = this.#entries.get(textOf(material));
    if (!entry) return false;
    entry.isReferred = true;
    return entry.keys.some((key) => key.keystore === keystore);
  }

  async unreferred(): Promise<readonly HeldKey[]> {
    const turns = new Turns();
    const left: HeldKey[] = [];
    for (const {keys, isReferred} of this.#entries.values()) {
      if (!isReferred) left.push(...keys);
      await turns.next();
    }
    return left;
  }

  #add(key: HeldKey): void {
    this.#keystores.add(key.keystore);
    const name = textOf(key.material);
    const entry = this.#entries.get(name);
    if (entry) entry.keys.push(key);
    else this.#entries.set(name, {keys: [key], isReferred: false});
  }
}

/** The same for the same material. */
export function textOf(material: Uint8Array): string {
  return Buffer.from(material.buffer, material.byteOffset, material.byteLength).toString('base64url');
}
