import {Turns} from '../turns.ts';
import {foreignError} from './foreign-error.ts';
import {broken, keptBytes, members} from './foreign-values.ts';
import type {HeldKey, HeldKeys} from './held-keys.ts';
import {inTime} from './in-time.ts';

export interface HeldKeysLimits {
  /** Of erasing one. */
  readonly operationMs: number;
  /** Of listing all. */
  readonly listingMs: number;
}

const MAX_KEYS = 1_000_000;
const MAX_VERSION = 1_000_000_000;
/** Segments of URLs; they are shown to operators at terminals. */
const SEGMENT = /^[A-Za-z0-9_.~-]{1,128}$/;

/** What somebody else's key module says that it keeps, held to the interface as its other answers are. */
export class GuardedHeldKeys implements HeldKeys {
  readonly #held: HeldKeys;
  readonly #limits: HeldKeysLimits;

  constructor(held: HeldKeys, limits: HeldKeysLimits) {
    this.#held = held;
    this.#limits = limits;
  }

  /** @throws InternalError where it is not a list of keys, each once; UnavailableError */
  async list(): Promise<readonly HeldKey[]> {
    try {
      const value: unknown = await inTime((async () => this.#held.list())(), this.#limits.listingMs);
      return await heldKeys(value);
    } catch (error) {
      throw foreignError(error);
    }
  }

  async destroy({material, keystore, localKeyId, version}: HeldKey): Promise<void> {
    const key = {material: Uint8Array.from(material), keystore, localKeyId, version};
    try {
      await inTime((async () => this.#held.destroy(key))(), this.#limits.operationMs);
    } catch (error) {
      throw foreignError(error);
    }
  }
}

/** Copies, which stay as they were looked at. */
async function heldKeys(value: unknown): Promise<readonly HeldKey[]> {
  if (!Array.isArray(value)) throw broken('no list of keys');
  const {length} = value;
  if (length > MAX_KEYS) throw broken(`a list of more than ${MAX_KEYS} keys`);
  const turns = new Turns();
  const keys: HeldKey[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < length; index++) {
    const key = heldKey(value[index] as unknown);
    const name = Buffer.from(key.material).toString('base64url');
    // Of which owner would it be an orphan?
    if (seen.has(name)) throw broken('the same key twice');
    seen.add(name);
    keys.push(key);
    await turns.next();
  }
  return keys;
}

function heldKey(value: unknown): HeldKey {
  const {material, keystore, localKeyId, version} = members(value);
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > MAX_VERSION)
    throw broken('a key whose version is no number');
  return {
    material: Uint8Array.from(keptBytes(material)),
    keystore: segment(keystore),
    localKeyId: segment(localKeyId),
    version,
  };
}

function segment(value: unknown): string {
  if (typeof value === 'string' && SEGMENT.test(value)) return value;
  throw broken('a key whose name is no segment of a URL');
}
