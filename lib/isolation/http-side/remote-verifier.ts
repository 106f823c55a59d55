import {hash} from 'node:crypto';
import {LRUCache} from 'lru-cache';
import type {KeyRecord} from '../../storage/key-record.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import type {Authenticated} from '../../storage/record-authentication.ts';
import type {KeyProcess} from '../protocol/key-process-methods.ts';
import {storedKey, storedKeystore} from '../protocol/record-shapes.ts';
import {RowCache} from './row-cache.ts';

/** At some 150 bytes each. */
const MAX_REMEMBERED = 16_384;

export interface RemoteVerifierOptions {
  readonly keyProcess: Pick<KeyProcess, 'verifyKeystore'>;
  /** Whether keys can be used now: what was verified counts only then, as where it is verified. */
  readonly isUsable: () => boolean;
}

/**
 * Has keystores verified by the key process, and remembers which rows were. Keys it does not: nothing is told of one but by the
 * key process, which verifies it then.
 */
export class RemoteVerifier {
  readonly keystoreRows = new RowCache<Authenticated<KeystoreConfig>, KeystoreConfig>(storedKeystore);
  readonly keyRows = new RowCache<Authenticated<KeyRecord>, KeyRecord>(storedKey);
  readonly #options: RemoteVerifierOptions;
  readonly #configs = new WeakMap<Authenticated<KeystoreConfig>, KeystoreConfig>();
  readonly #records = new WeakMap<Authenticated<KeyRecord>, KeyRecord>();
  /** SHA-256 of rows. */
  readonly #verified = new LRUCache<string, true>({max: MAX_REMEMBERED});

  constructor(options: RemoteVerifierOptions) {
    this.#options = options;
  }

  /** @returns the config alone. @throws InternalError where the server has not written it; UnavailableError, SealedError */
  async verifyKeystore(stored: Authenticated<KeystoreConfig>): Promise<KeystoreConfig> {
    const isUsable = this.#options.isUsable();
    const known = isUsable && this.#configs.get(stored);
    if (known) return known;
    const row = this.keystoreRows.rowOf(stored);
    const digest = hash('sha256', row, 'base64url');
    if (!isUsable || !this.#verified.get(digest)) {
      await this.#options.keyProcess.verifyKeystore(row);
      this.#verified.set(digest, true);
    }
    const config = withoutAuthentication(stored);
    this.keystoreRows.note(config, row);
    this.#configs.set(stored, Object.freeze(config));
    return config;
  }

  /** @returns the record alone, not verified: to be handed to the key process. */
  async verifyKey(stored: Authenticated<KeyRecord>): Promise<KeyRecord> {
    const known = this.#records.get(stored);
    if (known) return known;
    const record = withoutAuthentication(stored);
    this.keyRows.note(record, this.keyRows.rowOf(stored));
    this.#records.set(stored, Object.freeze(record));
    return record;
  }
}

function withoutAuthentication<T extends KeystoreConfig | KeyRecord>(stored: Authenticated<T>): T {
  const record: Record<string, unknown> = {...stored};
  delete record['authentication'];
  return record as unknown as T;
}
