import {hkdfSync, randomBytes} from 'node:crypto';
import {resolve} from 'node:path';
import {AesGcmKey, KEY_BYTES} from '../aes-gcm-key.ts';
import {Redacted} from '../redacted.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';
import type {RootWrapper} from '../root-wrapper.ts';
import {createKeyFile, readKeyFile} from './key-file.ts';

/**
 * The root of trust `file:<path>`: a file of one line, 32 bytes as base64url. The path is literal (nothing is
 * percent-decoded); a relative one is taken from the working directory.
 *
 * The file's bytes are never used directly: HKDF-SHA-256 (RFC 5869) makes the sealing key and, apart from it, the
 * fingerprint that is `keyId`.
 */
export class FileWrapper extends Redacted implements RootWrapper {
  readonly uri: string;
  readonly #path: string;
  readonly #key: AesGcmKey;

  private constructor(path: string, fileKey: Uint8Array) {
    super();
    this.uri = `file:${path}`;
    this.#path = path;
    const sealingKey = derive(fileKey, 'seal', KEY_BYTES);
    this.#key = new AesGcmKey(fingerprint(fileKey), sealingKey);
    sealingKey.fill(0);
  }

  /** @returns `file:` and the absolute path. @throws RootOfTrustError, `bad-setting` */
  static normalize(uri: string): string {
    return `file:${parsePath(uri)}`;
  }

  /** Opens a file that exists. @throws RootOfTrustError */
  static async open(uri: string): Promise<FileWrapper> {
    const path = parsePath(uri);
    return withKey(await readKeyFile(path), async (key) => new FileWrapper(path, key));
  }

  /** Makes a file with a new random key. @throws RootOfTrustError, `exists` where there is something by that name */
  static async create(uri: string): Promise<FileWrapper> {
    const path = parsePath(uri);
    return withKey(randomBytes(KEY_BYTES), async (key) => {
      await createKeyFile(path, key);
      return new FileWrapper(path, key);
    });
  }

  get keyId(): string {
    return this.#key.id;
  }

  async seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    return this.#key.seal(plaintext, additionalData);
  }

  async open(blob: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array> {
    return this.#key.open(blob, additionalData);
  }

  async check(): Promise<void> {
    const keyId = await withKey(await readKeyFile(this.#path), async (key) => fingerprint(key));
    if (keyId === this.keyId) return;
    throw new RootOfTrustError(
      'foreign-key',
      `The root key file ${this.#path} (WEBKMS_ROOT_WRAPPER) holds another key than when the server started. ` +
        'Put the right one back: after a restart nothing could be opened.',
    );
  }

  async close(): Promise<void> {
    this.#key.close();
  }
}

async function withKey<T>(key: Uint8Array, work: (key: Uint8Array) => Promise<T>): Promise<T> {
  try {
    return await work(key);
  } finally {
    key.fill(0);
  }
}

function derive(fileKey: Uint8Array, use: 'seal' | 'key-id', length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, '', `webkms file wrapper v1: ${use}`, length));
}

function fingerprint(fileKey: Uint8Array): string {
  return Buffer.from(derive(fileKey, 'key-id', 16)).toString('base64url');
}

function parsePath(uri: string): string {
  const path = uri.startsWith('file:') ? uri.slice('file:'.length) : '';
  // `file://host/path` would silently become another path; `file:///path` is the absolute path.
  const namesHost = path.startsWith('//') && !path.startsWith('///');
  if (path === '' || path.includes('\0') || namesHost) {
    throw new RootOfTrustError(
      'bad-setting',
      'WEBKMS_ROOT_WRAPPER must be file:<path>, e.g. file:/var/lib/webkms/root.key',
    );
  }
  return resolve(path);
}
