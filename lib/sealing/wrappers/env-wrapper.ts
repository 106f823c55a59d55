import {RootOfTrustError} from '../root-of-trust-error.ts';
import type {RootWrapperAccess} from '../root-wrapper.ts';
import {withSecret} from '../secrets.ts';
import {decodeKeyLine} from './key-line.ts';
import {LocalRootWrapper} from './local-root-wrapper.ts';

const MAKE_ONE = `node -p "crypto.randomBytes(32).toString('base64url')"`;

/**
 * The root of trust `env:<NAME>`: an environment variable of 32 bytes as base64url, like the line of a key file, and
 * the same key where it is the same. It is read at the start, and never made.
 */
export class EnvWrapper extends LocalRootWrapper {
  private constructor(uri: string, key: Uint8Array) {
    super(uri, 'file', key);
  }

  /** @throws RootOfTrustError, `bad-setting` */
  static normalize(uri: string): string {
    return `env:${parseName(uri)}`;
  }

  /** @throws RootOfTrustError */
  static async open(uri: string, {secrets}: RootWrapperAccess): Promise<EnvWrapper> {
    const name = parseName(uri);
    const text = await secrets.once(uri, async () => {
      const value = secrets.source.takeVariable(name);
      if (value) return value;
      throw new RootOfTrustError('missing', `The environment variable ${name} is not set.`);
    });
    const key = await withSecret(text, decodeKeyLine);
    if (key) return withSecret(key, (bytes) => new EnvWrapper(uri, bytes));
    throw new RootOfTrustError(
      'malformed',
      `The environment variable ${name} does not hold a root key: 32 bytes as unpadded base64url, 43 characters.`,
    );
  }

  static adopt(uri: string, {secret}: {readonly secret: Uint8Array}): EnvWrapper {
    return new EnvWrapper(EnvWrapper.normalize(uri), secret);
  }

  /** @throws RootOfTrustError, always: a key that nobody has noted would be lost with the process. */
  static async create(uri: string): Promise<never> {
    throw new RootOfTrustError(
      'missing',
      `The environment variable ${parseName(uri)} is not set, and the server makes no key for it. ` +
        `Make one, keep a copy of it in a safe place, and start again with it: ${MAKE_ONE}`,
    );
  }

  /** There is nothing to look at: nobody else can change what the process was started with. */
  check(): Promise<void> {
    return Promise.resolve();
  }
}

function parseName(uri: string): string {
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]{0,127})$/.exec(uri) ?? [];
  if (name !== undefined && (!name.startsWith('WEBKMS_') || name === 'WEBKMS_ROOT_KEY')) return name;
  throw new RootOfTrustError(
    'bad-setting',
    `The root of trust must be env:<NAME>, e.g. env:WEBKMS_ROOT_KEY; no other name may begin with WEBKMS_`,
  );
}
