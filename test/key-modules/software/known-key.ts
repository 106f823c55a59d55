import type {KeyVersion} from '../../../lib/key-modules/key-module.ts';
import type {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import type {KeyType} from '../../../lib/keys/key-types.ts';

const IDENTITY = {keystoreId: 'https://localhost:9443/kms/keystores/z1A', localKeyId: 'z1Known', version: 1};

/** A key whose secret is known. */
export async function secretKey(
  module: SoftwareKeyModule,
  type: KeyType,
  secret: Uint8Array,
): Promise<KeyVersion> {
  const id = {...IDENTITY, type};
  return {...id, ...(await module.importKey(id, Buffer.from(secret)))};
}

/** A key of which only the public part is known; good for `verify`. */
export function publicKey(type: KeyType, raw: Uint8Array): KeyVersion {
  return {...IDENTITY, type, publicKey: raw, material: Buffer.of(0)};
}

/** 0x04 ‖ x ‖ y as compressed point. */
export function compress(uncompressed: Buffer): Buffer {
  const size = (uncompressed.length - 1) / 2;
  const last = uncompressed.at(-1) ?? 0;
  return Buffer.concat([Buffer.of(2 + (last & 1)), uncompressed.subarray(1, 1 + size)]);
}

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
