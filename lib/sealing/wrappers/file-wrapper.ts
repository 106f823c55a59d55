import {randomBytes} from 'node:crypto';
import {resolve} from 'node:path';
import {KEY_BYTES} from '../aes-gcm-key.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';
import {withSecret} from '../secrets.ts';
import {createKeyFile, readKeyFile} from './key-file.ts';
import {fingerprint, LocalRootWrapper} from './local-root-wrapper.ts';

/**
 * The root of trust `file:<path>`: a file of one line, 32 bytes as base64url. The path is literal (nothing is
 * percent-decoded); a relative one is taken from the working directory.
 */
export class FileWrapper extends LocalRootWrapper {
  readonly #path: string;

  private constructor(path: string, fileKey: Uint8Array) {
    super(`file:${path}`, 'file', fileKey);
    this.#path = path;
  }

  /** @returns `file:` and the absolute path. @throws RootOfTrustError, `bad-setting` */
  static normalize(uri: string): string {
    return `file:${parsePath(uri)}`;
  }

  static comes(): boolean {
    return true;
  }

  /** Opens a file that exists. @throws RootOfTrustError */
  static async open(uri: string): Promise<FileWrapper> {
    const path = parsePath(uri);
    return withSecret(await readKeyFile(path), (key) => new FileWrapper(path, key));
  }

  static adopt(uri: string, {secret}: {readonly secret: Uint8Array}): FileWrapper {
    return new FileWrapper(parsePath(uri), secret);
  }

  /** Makes a file with a new random key. @throws RootOfTrustError, `exists` where there is something by that name */
  static async create(uri: string): Promise<FileWrapper> {
    const path = parsePath(uri);
    return withSecret(randomBytes(KEY_BYTES), async (key) => {
      await createKeyFile(path, key);
      return new FileWrapper(path, key);
    });
  }

  async check(): Promise<void> {
    const keyId = await withSecret(await readKeyFile(this.#path), (key) => fingerprint('file', key));
    if (keyId === this.keyId) return;
    throw new RootOfTrustError(
      'foreign-key',
      `The root key file ${this.#path} holds another key than when the server started. ` +
        'Put the right one back: after a restart nothing could be opened.',
    );
  }
}

function parsePath(uri: string): string {
  const path = uri.startsWith('file:') ? uri.slice('file:'.length) : '';
  // `file://host/path` would silently become another path; `file:///path` is the absolute path.
  const namesHost = path.startsWith('//') && !path.startsWith('///');
  if (path === '' || path.includes('\0') || namesHost) {
    throw new RootOfTrustError(
      'bad-setting',
      'The root of trust must be file:<path>, e.g. file:/var/lib/webkms/root.key',
    );
  }
  return resolve(path);
}
